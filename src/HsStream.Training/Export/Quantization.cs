namespace HsStream.Training.Export;

/// <summary>Rounds numbers to 8 bits with one scale for each row or column; the largest magnitude becomes 127.</summary>
internal static class Quantization
{
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

    private static sbyte Code(float value, float scale) => scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(value / scale), -127, 127);
}
