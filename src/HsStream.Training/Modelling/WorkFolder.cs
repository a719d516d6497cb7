using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HsStream.Scoring.Confidence;
using HsStream.Training.Fitting;

namespace HsStream.Training.Modelling;

/// <summary>What an interrupted build has done so far: checkpoints, and the calibration once it is fitted.</summary>
/// <remarks>A build with other data, settings or code starts anew; damaged leftovers count as none.</remarks>
internal sealed class WorkFolder : IDisposable
{
    private readonly string? _path;
    private readonly FileStream? _lock;

    /// <param name="path">Made when it is missing; null keeps nothing.</param>
    /// <exception cref="IOException">Another build works there.</exception>
    public WorkFolder(string? path)
    {
        _path = path;
        if (path is null) { return; }
        Directory.CreateDirectory(path);
        _lock = new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
    }

    private string CalibrationFile => Path.Combine(_path!, "calibration");

    /// <returns>Null when nothing is kept.</returns>
    public string? Checkpoint(string run) => _path is null ? null : Path.Combine(_path, $"{run}.checkpoint");

    /// <summary>The calibration of an earlier, interrupted build of the same model, or a new one.</summary>
    public (Calibration Calibration, HeldOutScore Score) Calibration(ModelSettings settings, string dataHash, Func<(Calibration Calibration, HeldOutScore Score)> fit)
    {
        if (_path is null) { return fit(); }
        var identity = Identity(settings, dataHash);
        var identityFile = Path.Combine(_path, "identity");
        if (!File.Exists(identityFile) || File.ReadAllText(identityFile) != identity)
        {
            Clear();
            File.WriteAllText(identityFile, identity);
        }

        if (TryRead() is { } kept) { return kept; }
        var fitted = fit();
        var temporary = CalibrationFile + ".tmp";
        File.WriteAllLines(temporary, [JsonSerializer.Serialize(fitted.Score), Convert.ToBase64String(fitted.Calibration.ToJson())]);
        File.Move(temporary, CalibrationFile, overwrite: true);
        return fitted;
    }

    public void Clear()
    {
        if (_path is null) { return; }
        foreach (var file in Directory.EnumerateFiles(_path).Where(file => Path.GetFileName(file) != "lock")) { File.Delete(file); }
    }

    public void Dispose()
    {
        if (_lock is null) { return; }
        var isEmpty = Directory.EnumerateFiles(_path!).All(file => Path.GetFileName(file) == "lock");
        _lock.Dispose();
        if (isEmpty) { Directory.Delete(_path!, recursive: true); }
    }

    private (Calibration Calibration, HeldOutScore Score)? TryRead()
    {
        try
        {
            var lines = File.Exists(CalibrationFile) ? File.ReadAllLines(CalibrationFile) : [];
            return lines is [var score, var calibration] && JsonSerializer.Deserialize<HeldOutScore>(score) is { } read
                ? (Scoring.Confidence.Calibration.Parse(Convert.FromBase64String(calibration)), read)
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    private static string Identity(ModelSettings settings, string dataHash)
    {
        var text = string.Join('\n', SettingsText.Of(settings).Select(entry => $"{entry.Key}={entry.Value}"))
            + $"\n{settings.Seed}\n{settings.Edition.Name}\n{dataHash}\n{settings.Calibration}\n{Encoding.UTF8.GetString(settings.Encoder.ToJson())}"
            + $"\n{typeof(WorkFolder).Assembly.ManifestModule.ModuleVersionId}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
