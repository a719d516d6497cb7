using System.Text;

namespace HsStream.Cli.Predict;

/// <summary>One description a line, every line one: also empty, damaged and endless ones, so that the output has as many lines as the input.</summary>
internal static class LineFile
{
    /// <summary>Characters that are kept of a line; far more than a model reads, so that a cut line is still seen to be too long.</summary>
    private const int MaxCharacters = 64 * 1024;

    /// <summary>Lines end in \n or \r\n. Bytes that are no UTF-8 become U+FFFD, which sends a description to review.</summary>
    public static IEnumerable<string> Read(Stream stream)
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), detectEncodingFromByteOrderMarks: true, bufferSize: 64 * 1024);
        var line = new StringBuilder();
        var buffer = new char[16 * 1024];
        var isOpen = false;
        for (int count; (count = reader.Read(buffer, 0, buffer.Length)) > 0;)
        {
            var rest = buffer.AsMemory(0, count);
            while (rest.Length > 0)
            {
                var end = rest.Span.IndexOf('\n');
                var part = end < 0 ? rest : rest[..end];
                line.Append(part[..Math.Min(part.Length, MaxCharacters - line.Length)]);
                isOpen = end < 0;
                rest = end < 0 ? default : rest[(end + 1)..];
                if (!isOpen) { yield return Take(line); }
            }
        }

        if (isOpen) { yield return Take(line); }
    }

    private static string Take(StringBuilder line)
    {
        if (line.Length > 0 && line[^1] == '\r') { line.Length--; }
        var text = line.ToString();
        line.Clear();
        return text;
    }
}
