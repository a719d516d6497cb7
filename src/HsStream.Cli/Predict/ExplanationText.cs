using System.Globalization;
using System.Text.Json.Nodes;
using HsStream.Domain.Nomenclature;
using HsStream.Scoring.Explanation;
using HsStream.Scoring.Onnx;

namespace HsStream.Cli.Predict;

/// <summary>Explanations for people and as JSON.</summary>
internal static class ExplanationText
{
    public static async Task WriteAsync(HsModel model, IEnumerable<string> texts, TextWriter output, bool isJson)
    {
        using var explainer = new Explainer(model);
        foreach (var text in texts)
        {
            var explanation = explainer.Explain(text, new ExplanationOptions());
            if (isJson) { await output.WriteLineAsync(JsonLine.Write(Json(text, explanation))); } else { await WriteAsync(text, explanation, output); }
        }
    }

    private static async Task WriteAsync(string text, PredictionExplanation explanation, TextWriter output)
    {
        var prediction = explanation.Prediction;
        var nomenclature = HsNomenclature.Of(prediction.Edition);
        await output.WriteLineAsync(text);
        await output.WriteLineAsync($"  {DecisionText.Of(prediction.Decision)} at {DecisionText.LevelOf(prediction.Decision)} level: {DecisionText.Reasons(prediction.Decision)}");
        foreach (var (code, probability) in prediction.Subheadings)
        {
            await output.WriteLineAsync(Text($"  {code}  {probability:0.000}  {nomenclature.Title(code)?.Text}"));
        }

        if (prediction.Sets is { } sets) { await output.WriteLineAsync(Text($"  plausible at {sets.Coverage:0.##}: {sets.Subheadings.Size} subheadings, {sets.Headings.Size} headings, {sets.Chapters.Size} chapters")); }
        await WriteWhyAsync(explanation, output, "  ");
    }

    /// <summary>The words that decided and the nearest training texts.</summary>
    internal static async Task WriteWhyAsync(PredictionExplanation explanation, TextWriter output, string indent)
    {
        var prediction = explanation.Prediction;
        await output.WriteLineAsync(Text($"{indent}what each word adds to the probability of {prediction.Code}{(explanation.RunnerUp is { } other ? $" and of {other}" : "")}, and the code without it"));
        foreach (var token in explanation.Tokens)
        {
            await output.WriteLineAsync(Text($"{indent}  {token.Effect,7:+0.000;-0.000;0.000} {token.RunnerUpEffect,7:+0.000;-0.000;0.000}  {token.CodeWithout}  {token.Word}"));
        }

        if (explanation.Precedents.Count > 0) { await output.WriteLineAsync($"{indent}nearest training texts"); }
        foreach (var precedent in explanation.Precedents)
        {
            await output.WriteLineAsync(Text($"{indent}  {precedent.Similarity:0.00}  {precedent.Code}  {precedent.Text}{(precedent.Rows > 1 ? $"  ({precedent.Rows} rows)" : "")}"));
        }
    }

    internal static JsonObject Json(string text, PredictionExplanation explanation) => new()
    {
        ["text"] = text,
        ["code"] = explanation.Prediction.Code.ToString(),
        ["probability"] = explanation.Prediction.Subheadings[0].Probability,
        ["decision"] = DecisionText.Of(explanation.Prediction.Decision),
        ["runnerUp"] = explanation.RunnerUp?.ToString(),
        ["tokens"] = new JsonArray([.. explanation.Tokens.Select(token => new JsonObject
        {
            ["word"] = token.Word,
            ["start"] = token.Start,
            ["length"] = token.Length,
            ["effect"] = token.Effect,
            ["runnerUpEffect"] = token.RunnerUpEffect,
            ["codeWithout"] = token.CodeWithout.ToString(),
        })]),
        ["precedents"] = new JsonArray([.. explanation.Precedents.Select(precedent => new JsonObject
        {
            ["text"] = precedent.Text,
            ["code"] = precedent.Code.ToString(),
            ["similarity"] = precedent.Similarity,
            ["rows"] = precedent.Rows,
        })]),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
