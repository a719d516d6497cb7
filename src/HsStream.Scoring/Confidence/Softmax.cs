using System.Runtime.Intrinsics;
using HsStream.Scoring.Features;

namespace HsStream.Scoring.Confidence;

/// <summary>Probabilities from raw scores, in float32 steps of fixed order: the same bits on every processor.</summary>
/// <remarks>
/// Eight lanes whatever the width of the machine, no fused multiply-add, own exponential (range reduction by ln 2 in two
/// parts, then a polynomial of degree 6 as in Cephes' expf), so nothing depends on a library or an instruction set.
/// </remarks>
internal static class Softmax
{
    private const int Lanes = 8;

    /// <summary>Writes exp((x - max) * scale), scaled to add up to 1.</summary>
    /// <param name="scores">Not empty. When one is not finite, every probability is equal and the result is false.</param>
    /// <param name="scale">1 / temperature.</param>
    /// <param name="entropy">Of the probabilities, in nats.</param>
    public static bool Write(ReadOnlySpan<float> scores, float scale, Span<float> probabilities, out float entropy)
    {
        var finite = TryFindMax(scores, out var max);
        if (!finite)
        {
            probabilities.Fill(1f / probabilities.Length);
            entropy = (float)FixedMath.Log(probabilities.Length);
            return false;
        }

        // With z the scaled distance to the largest score: p = e^z / sum, entropy = ln sum - (sum of e^z z) / sum.
        var sums = Vector256<float>.Zero;
        var moments = Vector256<float>.Zero;
        var at = 0;
        for (; at + Lanes <= scores.Length; at += Lanes)
        {
            var z = (Vector256.Create(scores[at..]) - Vector256.Create(max)) * scale;
            var e = Exp(z);
            e.CopyTo(probabilities[at..]);
            sums += e;
            moments += e * z;
        }

        if (at < scores.Length)
        {
            Span<float> rest = stackalloc float[Lanes];
            rest.Fill(max - (100 / scale)); // whose exponential is 0
            scores[at..].CopyTo(rest);
            var z = (Vector256.Create<float>(rest) - Vector256.Create(max)) * scale;
            var e = Exp(z);
            e.CopyTo(rest);
            rest[..(scores.Length - at)].CopyTo(probabilities[at..]);
            sums += e;
            moments += e * z;
        }

        float sum = 0, moment = 0;
        for (var lane = 0; lane < Lanes; lane++)
        {
            sum += sums[lane];
            moment += moments[lane];
        }

        entropy = (float)FixedMath.Log(sum) - (moment / sum);

        // A division each, not a product with the inverse: the largest of one label is then exactly 1.
        for (at = 0; at + Lanes <= probabilities.Length; at += Lanes)
        {
            (Vector256.Create<float>(probabilities[at..]) / Vector256.Create(sum)).CopyTo(probabilities[at..]);
        }

        for (; at < probabilities.Length; at++)
        {
            probabilities[at] /= sum;
        }

        return true;
    }

    /// <summary>1 / (1 + e^-x), in the same fixed steps.</summary>
    public static float Sigmoid(float x)
    {
        var e = Exponential(-Math.Abs(x));
        return x >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    /// <summary>e^x for x of at most 0.</summary>
    public static float Exponential(float x) => Exp(Vector256.Create(x))[0];

    /// <returns>False when a score is infinite or no number.</returns>
    private static bool TryFindMax(ReadOnlySpan<float> scores, out float max)
    {
        // x - x is 0 for finite numbers only.
        var at = 0;
        max = scores[0];
        var distance = 0f;
        if (scores.Length >= Lanes)
        {
            var largest = Vector256.Create(scores);
            var distances = Vector256<float>.Zero;
            for (; at + Lanes <= scores.Length; at += Lanes)
            {
                var x = Vector256.Create(scores[at..]);
                largest = Vector256.Max(largest, x);
                distances += x - x;
            }

            for (var lane = 0; lane < Lanes; lane++)
            {
                max = Math.Max(max, largest[lane]);
                distance += distances[lane];
            }
        }

        for (; at < scores.Length; at++)
        {
            max = Math.Max(max, scores[at]);
            distance += scores[at] - scores[at];
        }

        return distance == 0;
    }

    /// <summary>e^x for x of at most 0; exactly 1 at 0, and 0 below -87.</summary>
    public static Vector256<float> Exp(Vector256<float> x)
    {
        var inRange = Vector256.GreaterThanOrEqual(x, Vector256.Create(-87f));
        x = Vector256.Max(x, Vector256.Create(-87f));
        var n = Vector256.Floor((x * 1.44269504f) + Vector256.Create(0.5f));
        var r = x - (n * 0.693359375f) - (n * -2.12194440e-4f);
        var p = Vector256.Create(1.9875691500e-4f);
        p = (p * r) + Vector256.Create(1.3981999507e-3f);
        p = (p * r) + Vector256.Create(8.3334519073e-3f);
        p = (p * r) + Vector256.Create(4.1665795894e-2f);
        p = (p * r) + Vector256.Create(1.6666665459e-1f);
        p = (p * r) + Vector256.Create(5.0000001201e-1f);
        p = (p * r * r) + r + Vector256.Create(1f);
        var power = (Vector256.ConvertToInt32(n) + Vector256.Create(127)) << 23;
        return Vector256.ConditionalSelect(inRange, p * power.AsSingle(), Vector256<float>.Zero);
    }
}
