using System.Text;
using HsStream.Domain.Nomenclature;

namespace HsStream.Scoring.Explanation;

/// <summary>Writes precedents.bin of a bundle; the layout is described at <see cref="PrecedentIndex"/>.</summary>
public static class PrecedentWriter
{
    /// <param name="texts">Training texts as they came; equal ones with equal codes are kept once.</param>
    /// <param name="codes">Beside them, subheadings; likewise <paramref name="rowIds"/>.</param>
    /// <param name="embeddings">[texts, <paramref name="embeddingLength"/>], as the model gives them.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static byte[] Write(
        IReadOnlyList<string> texts, IReadOnlyList<HsCode> codes, IReadOnlyList<long> rowIds, ReadOnlyMemory<float> embeddings, int embeddingLength,
        PrecedentOptions options)
    {
        if (codes.Count != texts.Count || rowIds.Count != texts.Count || embeddings.Length != (long)texts.Count * embeddingLength || embeddingLength < 1)
        {
            throw new ArgumentException(
                $"Expected a code, a row id and {embeddingLength} values for each of {texts.Count} texts, got {codes.Count}, {rowIds.Count} and {embeddings.Length} values.");
        }

        var kept = Keep(texts, codes, options.MaxTexts);
        var projection = embeddingLength > options.Dimensions ? MainDirections.Find(embeddings.Span, embeddingLength, options.Dimensions) : [];
        var width = projection.Length == 0 ? embeddingLength : options.Dimensions;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write("HSPR"u8);
        writer.Write(PrecedentIndex.Version);
        writer.Write(kept.Count);
        writer.Write(embeddingLength);
        writer.Write(width);
        Array.ForEach(projection, writer.Write);
        kept.ForEach(entry => writer.Write(codes[entry.Row].Number));
        kept.ForEach(entry => writer.Write(rowIds[entry.Row]));
        kept.ForEach(entry => writer.Write(entry.Rows));
        var bytes = kept.Select(entry => Encoding.UTF8.GetBytes(Cut(texts[entry.Row], options.MaxTextLength))).ToList();
        var offset = 0;
        foreach (var text in bytes)
        {
            writer.Write(offset);
            offset += text.Length;
        }

        writer.Write(offset);
        bytes.ForEach(writer.Write);
        var quantised = new sbyte[width];
        foreach (var (row, _) in kept)
        {
            PrecedentIndex.Quantise(embeddings.Span.Slice(row * embeddingLength, embeddingLength), projection, quantised);
            writer.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<sbyte>(quantised));
        }

        writer.Flush();
        return stream.ToArray();
    }

    private static List<(int Row, int Rows)> Keep(IReadOnlyList<string> texts, IReadOnlyList<HsCode> codes, int most)
    {
        var groups = Enumerable.Range(0, texts.Count).GroupBy(row => (texts[row], codes[row]), (_, rows) => rows.ToArray())
            .Select(rows => (Row: rows[0], Rows: rows.Length)).OrderBy(entry => entry.Row).ToList();
        return groups.Count <= most ? groups : [.. Enumerable.Range(0, most).Select(i => groups[(int)((long)i * groups.Count / most)])];
    }

    private static string Cut(string text, int most) =>
        text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
