using System.Globalization;
using HsStream.Training.Evaluation.Metrics;

namespace HsStream.Training.Evaluation.Reports;

/// <summary>Figures as people read them.</summary>
internal static class Figures
{
    public const string None = "–";

    public static string Share(double? value) => value is { } share && double.IsFinite(share) ? share.ToString("0.000", CultureInfo.InvariantCulture) : None;

    public static string Percent(double? value) => value is { } share ? (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + "%" : None;

    public static string Between(Interval? interval) => interval is null ? None : $"{Share(interval.Low)}–{Share(interval.High)}";

    public static string Whole(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    public static string Bytes(double bytes) => bytes switch
    {
        >= 1e9 => Number(bytes / 1e9, "0.0") + " GB",
        >= 1e6 => Number(bytes / 1e6, "0.0") + " MB",
        _ => Number(bytes / 1e3, "0.0") + " kB",
    };

    public static string Count(double count) => count switch
    {
        >= 1e6 => Number(count / 1e6, "0.0") + " M",
        >= 1e4 => Number(count / 1e3, "0") + " k",
        _ => Whole(count),
    };

    public static string Seconds(double? seconds) => seconds switch
    {
        null => None,
        >= 100 => Number(seconds.Value, "#,0") + " s",
        _ => Number(seconds.Value, "0.0") + " s",
    };

    public static string Milliseconds(double milliseconds) => Number(milliseconds, milliseconds < 1 ? "0.000" : milliseconds < 100 ? "0.00" : "0") + " ms";
}
