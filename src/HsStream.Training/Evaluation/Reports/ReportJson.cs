using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HsStream.Domain.Nomenclature;

namespace HsStream.Training.Evaluation.Reports;

/// <summary>The report for machines; figures to six decimals.</summary>
public static class ReportJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,     // codes and names only; never put into a page
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new CodeConverter(), new FigureConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string Write(EvaluationReport report) => JsonSerializer.Serialize(report, Options) + "\n";

    /// <exception cref="JsonException">It is no report of this version.</exception>
    public static EvaluationReport Read(string json) =>
        JsonSerializer.Deserialize<EvaluationReport>(json, Options) ?? throw new JsonException("Expected a report, got null.");

    private sealed class FigureConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(Math.Round(value, 6));
    }

    private sealed class CodeConverter : JsonConverter<HsCode>
    {
        public override HsCode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => HsCode.Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, HsCode value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
