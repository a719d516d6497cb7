using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Onnx;

namespace HsStream.Cli.Predict;

/// <summary>A row of the input and what came of it.</summary>
/// <param name="Prediction">Null for a row that could not be read.</param>
/// <param name="Fault">Why it could not be read; else null.</param>
internal sealed record PredictedRow(long Line, string Text, HsPrediction? Prediction, string? Fault);

/// <summary>Predictions as tab-separated lines or JSON lines, one for every row of the input, in order.</summary>
internal sealed class PredictionLines(TextWriter output, int topK, bool isJson)
{
    public async Task WriteHeaderAsync()
    {
        if (isJson) { return; }
        var ranks = Enumerable.Range(1, topK).Select(rank => $"code{rank}\tp{rank}");
        await output.WriteLineAsync($"line\tdecision\tlevel\treasons\ttext\t{string.Join('\t', ranks)}");
    }

    public async Task WriteAsync(IReadOnlyList<PredictedRow> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            if (isJson) { text.Append(JsonLine.Write(Json(row))); } else { Line(text, row); }
            text.Append('\n');
        }

        await output.WriteAsync(text);
    }

    private void Line(StringBuilder text, PredictedRow row)
    {
        text.Append(CultureInfo.InvariantCulture, $"{row.Line}\t");
        text.Append(row.Prediction is { } read ? $"{DecisionText.Of(read.Decision)}\t{DecisionText.LevelOf(read.Decision)}\t{DecisionText.Reasons(read.Decision)}\t" : $"REVIEW\tnone\t{Plain(row.Fault!)}\t");
        text.Append(Plain(row.Text));
        for (var rank = 0; rank < topK; rank++)
        {
            // A model with fewer codes than ranks leaves the last columns empty.
            if (rank < row.Prediction?.Subheadings.Count)
            {
                var (code, probability) = row.Prediction.Subheadings[rank];
                text.Append(CultureInfo.InvariantCulture, $"\t{code}\t{probability:0.000000}");
            }
            else { text.Append("\t\t"); }
        }
    }

    private static string Plain(string text) => string.Create(text.Length, text, (span, from) =>
    {
        for (var i = 0; i < span.Length; i++) { span[i] = char.IsControl(from[i]) ? ' ' : from[i]; }
    });

    private static JsonObject Json(PredictedRow row)
    {
        if (row.Prediction is not { } prediction)
        {
            return new JsonObject { ["line"] = row.Line, ["text"] = row.Text, ["decision"] = "REVIEW", ["level"] = "none", ["reasons"] = new JsonArray(JsonValue.Create(row.Fault)) };
        }

        var nomenclature = HsNomenclature.Of(prediction.Edition);
        return new JsonObject
        {
            ["line"] = row.Line,
            ["text"] = row.Text,
            ["decision"] = DecisionText.Of(prediction.Decision),
            ["level"] = DecisionText.LevelOf(prediction.Decision),
            ["reasons"] = new JsonArray([.. DecisionText.ReasonWords(prediction.Decision).Select(word => JsonValue.Create(word))]),
            ["edition"] = prediction.Edition.Name,
            ["codes"] = Ranking(prediction.Subheadings, nomenclature),
            ["headings"] = Ranking(prediction.Headings, nomenclature),
            ["chapters"] = Ranking(prediction.Chapters, nomenclature),
            ["set"] = prediction.Sets is { } sets
                ? new JsonObject { ["coverage"] = sets.Coverage, ["size"] = sets.Subheadings.Size, ["codes"] = new JsonArray([.. sets.Subheadings.Codes.Select(code => JsonValue.Create(code.ToString()))]) }
                : null,
            ["modelVersion"] = prediction.ModelVersion,
            ["encoderHash"] = prediction.EncoderHash,
            ["inputHash"] = prediction.InputHash,
            ["profile"] = prediction.Profile.ToString(),
        };
    }

    private static JsonArray Ranking(IReadOnlyList<RankedCode> codes, HsNomenclature nomenclature) =>
        new([.. codes.Select(ranked => new JsonObject
        {
            ["code"] = ranked.Code.ToString(),
            ["probability"] = Math.Round(ranked.Probability, 6),
            ["title"] = nomenclature.Title(ranked.Code)?.Text,
        })]);
}
