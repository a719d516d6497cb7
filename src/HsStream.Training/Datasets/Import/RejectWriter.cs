using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HsStream.Training.Datasets.Import;

/// <summary>Writes every rejected row as it is found: tab-separated with a header line, or one JSON object a line.</summary>
public sealed class RejectWriter
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TextWriter _output;
    private readonly bool _isJson;

    /// <param name="output">Stays the caller's.</param>
    public RejectWriter(TextWriter output, bool isJson)
    {
        (_output, _isJson) = (output, isJson);
        if (!isJson) { output.WriteLine("line\tcolumn\treason\texpected\tarrived"); }
    }

    public void Write(RejectedRow row) => _output.WriteLine(_isJson
        ? ToJson(row).ToJsonString(Readable)
        : string.Create(CultureInfo.InvariantCulture, $"{row.Line}\t{row.Column}\t{row.Reason.Word()}\t{row.Expected}\t{row.Arrived}"));

    /// <summary>The whole report: totals, and groups with an example each.</summary>
    public static JsonObject ToJson(ImportReport report) => new()
    {
        ["source"] = report.Source,
        ["rows"] = report.Rows,
        ["accepted"] = report.Accepted,
        ["rejected"] = report.Rejected,
        ["blankLines"] = report.BlankLines,
        ["convertedCodes"] = report.ConvertedCodes,
        ["chosenCodes"] = report.ChosenCodes,
        ["mendedCodes"] = report.MendedCodes,
        ["codesOfOtherEdition"] = report.CodesOfOtherEdition,
        ["codesLackingZero"] = report.CodesLackingZero,
        ["damage"] = report.Damage,
        ["reasons"] = new JsonObject(report.Totals.Select(t => KeyValuePair.Create(t.Key.Word(), (JsonNode?)t.Value))),
        ["groups"] = new JsonArray([.. report.Groups.Select(g => new JsonObject { ["rows"] = g.Rows, ["example"] = ToJson(g.First) })]),
    };

    private static JsonObject ToJson(RejectedRow row) => new()
    {
        ["line"] = row.Line,
        ["column"] = row.Column,
        ["reason"] = row.Reason.Word(),
        ["expected"] = row.Expected,
        ["arrived"] = row.Arrived,
    };
}
