using System.Text.Json;
using System.Text.Json.Serialization;

namespace HsStream.Training.Tuning;

/// <summary>What became of a point of the search.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Value">Higher is better; null when the trial failed.</param>
/// <param name="Stopped">Whether it was given up before its end because others were better by then.</param>
/// <param name="Stages">How good it was by stages; a resumed search measures later trials by them.</param>
/// <param name="Error">Why it failed.</param>
public sealed record Trial(
    int Number, IReadOnlyDictionary<string, string> Parameters, double? Value, bool Stopped, double Seconds, IReadOnlyList<double> Stages, string? Error = null);

/// <summary>The trials of a search in a file, one JSON object a line, each written when it is over.</summary>
/// <remarks>The first line names the search: a log of another search is refused. A last line cut off by a crash is dropped.</remarks>
internal sealed class TrialLog
{
    private readonly string? _path;

    /// <exception cref="TrialLogException">The file is of another search, or no log.</exception>
    public TrialLog(string? path, SearchSpace space, long seed, string subject)
    {
        _path = path;
        if (path is null) { return; }
        var header = JsonSerializer.Serialize(new TrialLogHeader(1, seed, subject, [.. space.Axes.Select(axis => axis.ToString())]), TrialJson.Default.TrialLogHeader);
        var whole = File.Exists(path) ? File.ReadAllText(path) : "";
        var lines = whole[..(whole.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0)
        {
            File.WriteAllText(path, header + "\n");
            return;
        }

        if (lines[0] != header) { throw new TrialLogException($"{path} is the log of another search: its space, seed, data or settings differ. Name another file, or remove it."); }
        var past = new List<Trial>();
        foreach (var line in lines.Skip(1)) { past.Add(Read(line, path, past.Count + 2)); }
        Past = past;
        if (whole[^1] != '\n') { File.WriteAllText(path, string.Concat(lines.Select(line => line + "\n"))); }
    }

    public IReadOnlyList<Trial> Past { get; } = [];

    public void Add(Trial trial)
    {
        if (_path is not null) { File.AppendAllText(_path, JsonSerializer.Serialize(trial, TrialJson.Default.Trial) + "\n"); }
    }

    private static Trial Read(string line, string path, int number)
    {
        try
        {
            return JsonSerializer.Deserialize(line, TrialJson.Default.Trial) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new TrialLogException($"{path}, line {number} is no trial: {e.Message}");
        }
    }
}

/// <summary>A log of trials cannot be resumed. The message names the file and says why.</summary>
public sealed class TrialLogException(string message) : Exception(message);

internal sealed record TrialLogHeader(int FormatVersion, long Seed, string Subject, IReadOnlyList<string> Space);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Trial))]
[JsonSerializable(typeof(TrialLogHeader))]
internal sealed partial class TrialJson : JsonSerializerContext;
