namespace HsStream.Training.Export;

/// <summary>Rounds numbers to 8 bits with one scale for each row or column; the largest magnitude becomes 127.</summary>
internal static class Quantization
{
    /// <summary>Numbers of a row that share a scale in 4 bits.</summary>
    public const int BlockSize = 64;

    /// <param name="values">Row by row.</param>
    public static (sbyte[] Codes, float[] Scales) Rows(ReadOnlySpan<float> values, int width)
    {
        var scales = new float[values.Length / width];
        var codes = new sbyte[values.Length];
        for (var row = 0; row < scales.Length; row++)
        {
            var from = values.Slice(row * width, width);
            var largest = 0f;
            foreach (var value in from) { largest = Math.Max(largest, Math.Abs(value)); }
            scales[row] = largest / 127;
            for (var i = 0; i < width; i++) { codes[(row * width) + i] = Code(from[i], scales[row]); }
        }

        return (codes, scales);
    }

    /// <summary>Rounds to 4 bits, -7 to 7, two in a byte. Each block takes the scale with the least squared error; large numbers may be cut for it.</summary>
    /// <param name="values">Row by row.</param>
    /// <param name="width">Even.</param>
    public static (byte[] Packed, float[] Scales) Blocks(ReadOnlySpan<float> values, int width)
    {
        var blocks = (width + BlockSize - 1) / BlockSize;
        var packed = new byte[values.Length / 2];
        var scales = new float[values.Length / width * blocks];
        for (var b = 0; b < scales.Length; b++)
        {
            var start = (b / blocks * width) + (b % blocks * BlockSize);
            var block = values.Slice(start, Math.Min(BlockSize, width - (b % blocks * BlockSize)));
            scales[b] = BestScale(block);
            for (var i = 0; i < block.Length; i++) { packed[(start + i) / 2] |= (byte)((Code(block[i], scales[b], 7) & 15) << (4 * (i % 2))); }
        }

        return (packed, scales);
    }

    /// <param name="values">Row by row.</param>
    public static (sbyte[] Codes, float[] Scales) Columns(ReadOnlySpan<float> values, int columns)
    {
        var scales = new float[columns];
        for (var i = 0; i < values.Length; i++) { scales[i % columns] = Math.Max(scales[i % columns], Math.Abs(values[i])); }
        for (var i = 0; i < columns; i++) { scales[i] /= 127; }
        var codes = new sbyte[values.Length];
        for (var i = 0; i < values.Length; i++) { codes[i] = Code(values[i], scales[i % columns]); }
        return (codes, scales);
    }

    private static float BestScale(ReadOnlySpan<float> block)
    {
        var largest = 0f;
        foreach (var value in block) { largest = Math.Max(largest, Math.Abs(value)); }
        var (best, least) = (0f, float.PositiveInfinity);
        for (var share = 1f; share > 0.6f && largest > 0; share -= 0.06f)
        {
            var scale = largest * share / 7;
            var error = 0f;
            foreach (var value in block)
            {
                var difference = value - (scale * Code(value, scale, 7));
                error += difference * difference;
            }

            if (error < least) { (best, least) = (scale, error); }
        }

        return best;
    }

    private static sbyte Code(float value, float scale, int most = 127) => scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(value / scale), -most, most);
}
