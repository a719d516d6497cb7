using System.Buffers;
using System.Text;
using System.Text.Json;

namespace HsStream.Store.Events;

/// <summary>The one spelling of a JSON value, which survives what jsonb does to it; hashes are taken over it.</summary>
/// <remarks>
/// Members sorted by name (UTF-16 code units), no white space, numbers as <see cref="CanonicalNumber"/>, strings in UTF-8 with
/// escapes for quote, backslash and control characters alone (\b \f \n \r \t, otherwise \u00xx in lower case).
/// </remarks>
public static class CanonicalJson
{
    public static byte[] Of(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var buffer = new ArrayBufferWriter<byte>(json.Length + 16);
        Write(document.RootElement, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <param name="except">Names of members of <paramref name="value"/> itself, not of its parts, that are left out.</param>
    public static void Write(JsonElement value, IBufferWriter<byte> output, params ReadOnlySpan<string> except)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(value, output, except);
                break;
            case JsonValueKind.Array:
                output.Write("["u8);
                var isFirst = true;
                foreach (var item in value.EnumerateArray())
                {
                    if (!isFirst) { output.Write(","u8); }
                    isFirst = false;
                    Write(item, output);
                }

                output.Write("]"u8);
                break;
            case JsonValueKind.String:
                WriteString(value.GetString()!, output);
                break;
            case JsonValueKind.Number:
                Encoding.ASCII.GetBytes(CanonicalNumber.Format(value.GetRawText()), output);
                break;
            default:
                Encoding.ASCII.GetBytes(value.GetRawText(), output);
                break;
        }
    }

    private static void WriteObject(JsonElement value, IBufferWriter<byte> output, ReadOnlySpan<string> except)
    {
        var members = new List<JsonProperty>(16);
        foreach (var member in value.EnumerateObject())
        {
            var isLeftOut = false;
            foreach (var name in except) { isLeftOut |= member.NameEquals(name); }
            if (!isLeftOut) { members.Add(member); }
        }

        members.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        output.Write("{"u8);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0) { output.Write(","u8); }
            WriteString(members[i].Name, output);
            output.Write(":"u8);
            Write(members[i].Value, output);
        }

        output.Write("}"u8);
    }

    private static void WriteString(string text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        var rest = text.AsSpan();
        Span<char> escape = stackalloc char[6];
        while (rest.Length > 0)
        {
            var plain = rest.IndexOfAny(CanonicalEncoder.Escaped);
            if (plain != 0)
            {
                var run = plain < 0 ? rest : rest[..plain];
                Encoding.UTF8.GetBytes(run, output);
                rest = rest[run.Length..];
                continue;
            }

            var length = CanonicalEncoder.Escape(rest[0], escape);
            Encoding.ASCII.GetBytes(escape[..length], output);
            rest = rest[1..];
        }

        output.Write("\""u8);
    }
}
