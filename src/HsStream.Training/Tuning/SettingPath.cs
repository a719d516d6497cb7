using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HsStream.Training.Networks;

namespace HsStream.Training.Tuning;

/// <summary>Names a member inside settings written as JSON: <c>network.channels[0].width</c>.</summary>
internal static partial class SettingPath
{
    /// <exception cref="HyperParameterException">The settings have no such member, or it is no number or text.</exception>
    public static void Set(JsonNode settings, string path, JsonNode value)
    {
        var parts = Part().Matches(path);
        HyperParameterException.Require(parts.Sum(part => part.Length) == path.Length && parts.Count > 0, "a hyper-parameter's name", "like network.channels[0].width", path);
        var node = settings;
        for (var i = 0; i < parts.Count; i++)
        {
            var (name, index) = (parts[i].Groups["name"].Value, parts[i].Groups["index"].Value);
            var isLast = i == parts.Count - 1;
            if (index.Length > 0)
            {
                var list = node as JsonArray;
                var at = int.Parse(index, System.Globalization.CultureInfo.InvariantCulture);
                HyperParameterException.Require(list is not null && at < list.Count, path, "the name of a hyper-parameter of this model", "not one");
                if (isLast) { list![at] = value; }
                else { node = list![at]; }
            }
            else
            {
                var members = node as JsonObject;
                HyperParameterException.Require(members is not null && members.ContainsKey(name), path, "the name of a hyper-parameter of this model", "not one");
                if (isLast) { members![name] = value; }
                else { node = members![name]; }
            }
        }
    }

    [GeneratedRegex(@"\G(?:\[(?<index>\d{1,4})\]|\.?(?<name>[a-z][a-z0-9_]*))", RegexOptions.ExplicitCapture)]
    private static partial Regex Part();
}
