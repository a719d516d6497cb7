using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HsStream.Domain.Nomenclature;
using HsStream.Training.Evaluation.Metrics;

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
        Converters = { new CodeConverter(), new FigureConverter(), new PointConverter(), new CountsConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
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

    /// <summary>Curves have hundreds of points: [coverage, precision, confidence], one a line.</summary>
    private sealed class PointConverter : JsonConverter<CoveragePoint>
    {
        public override CoveragePoint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<double[]>(ref reader) is [var coverage, var precision, var confidence]
                ? new CoveragePoint(coverage, precision, confidence)
                : throw new JsonException("Expected coverage, precision and confidence.");

        public override void Write(Utf8JsonWriter writer, CoveragePoint value, JsonSerializerOptions options) => writer.WriteRawValue(string.Create(
            CultureInfo.InvariantCulture, $"[{Math.Round(value.Coverage, 5)}, {Math.Round(value.Precision, 5)}, {Math.Round(value.Confidence, 5)}]"));
    }

    private sealed class CountsConverter : JsonConverter<IReadOnlyList<int>>
    {
        public override IReadOnlyList<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<int[]>(ref reader) ?? throw new JsonException("Expected counts, got null.");

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<int> value, JsonSerializerOptions options) => writer.WriteRawValue($"[{string.Join(", ", value)}]");
    }

    private sealed class CodeConverter : JsonConverter<HsCode>
    {
        public override HsCode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => HsCode.Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, HsCode value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
