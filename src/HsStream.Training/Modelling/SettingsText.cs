using System.Globalization;
using System.Text;

namespace HsStream.Training.Modelling;

/// <summary>Settings as the manifest keeps them: names and values that say all that the model depends on.</summary>
internal static class SettingsText
{
    public static Dictionary<string, string> Of(ModelSettings settings) => new()
    {
        ["calibration_parts"] = settings.CalibrationParts.ToString(CultureInfo.InvariantCulture),
        ["calibration_share"] = settings.CalibrationShare.ToString(CultureInfo.InvariantCulture),
        ["catalogue_weight"] = settings.CatalogueWeight.ToString(CultureInfo.InvariantCulture),
        ["collapse_duplicates"] = settings.CollapseDuplicates ? "true" : "false",
        ["export"] = $"tables {settings.Export.Tables}, matrices {settings.Export.Matrices}",
        ["network"] = Encoding.UTF8.GetString(settings.Definition.ToJson()),
        ["training"] = Encoding.UTF8.GetString(settings.Training.ToJson()),
    };
}
