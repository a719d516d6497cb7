using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HsStream.Cli;

/// <summary>Keeps how far a long run has come, so that it can go on after it was stopped, however it was stopped.</summary>
/// <remarks>JSON lines: first the question, then one line a step. A line that was cut off while it was written does not count.</remarks>
internal sealed class RunFile : IDisposable
{
    private readonly FileStream? _stream;

    private RunFile(FileStream? stream, JsonNode question, IReadOnlyList<JsonNode> steps) => (_stream, Question, Steps) = (stream, question, steps);

    /// <summary>What was fixed when the run began.</summary>
    public JsonNode Question { get; }

    /// <summary>The steps that an earlier run noted.</summary>
    public IReadOnlyList<JsonNode> Steps { get; }

    /// <param name="path">Null keeps nothing.</param>
    /// <param name="asked">The operator's own words; a file of another question is refused.</param>
    /// <param name="begin">Fixes what is open; called when the run begins.</param>
    /// <exception cref="OperatorException">The file belongs to another question, or cannot be used.</exception>
    public static async Task<RunFile> OpenAsync(string? path, JsonObject asked, Func<Task<JsonObject>> begin)
    {
        if (path is null) { return new RunFile(null, await begin(), []); }
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            var lines = Read(stream);
            if (lines.Count > 0)
            {
                if (!JsonNode.DeepEquals(lines[0]["asked"], asked) || lines[0]["fixed"] is not { } found)
                {
                    throw new OperatorException($"{path} belongs to another run: {lines[0]["asked"]?.ToJsonString() ?? "none of this program"}; --resume takes a new file, or give the options of that run");
                }

                return new RunFile(stream, found, lines[1..]);
            }

            if (stream.Length > 0) { throw new OperatorException($"{path} is no run file; --resume takes a new file"); }
            var started = await begin();
            var file = new RunFile(stream, started, []);
            file.Note(new JsonObject { ["asked"] = asked.DeepClone(), ["fixed"] = started.DeepClone() });
            return file;
        }
        catch (Exception e)
        {
            if (stream is not null) { await stream.DisposeAsync(); }
            if (e is IOException or UnauthorizedAccessException) { throw new OperatorException($"cannot use the run file {path}: {e.Message}", e); }
            throw;
        }
    }

    public void Note(JsonNode step)
    {
        if (_stream is null) { return; }
        _stream.Write(Encoding.UTF8.GetBytes(JsonLine.Write(step) + "\n"));
        _stream.Flush();
    }

    public void Dispose() => _stream?.Dispose();

    /// <summary>Reads whole lines and cuts off what follows them.</summary>
    private static List<JsonNode> Read(FileStream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        var lines = new List<JsonNode>();
        long bytes = 0;
        while (reader.ReadLine() is { } line)
        {
            var length = Encoding.UTF8.GetByteCount(line) + 1;
            try
            {
                if (bytes + length > stream.Length || JsonNode.Parse(line) is not JsonObject node) { break; }
                lines.Add(node);
            }
            catch (JsonException)
            {
                break;
            }

            bytes += length;
        }

        if (lines.Count > 0) { stream.SetLength(bytes); }
        stream.Seek(0, SeekOrigin.End);
        return lines;
    }
}
