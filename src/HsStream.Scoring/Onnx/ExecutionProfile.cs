using System.Runtime.Intrinsics.X86;

namespace HsStream.Scoring.Onnx;

/// <summary>On what a prediction was computed: run again under the same profile, it has the same bits.</summary>
/// <param name="Provider">CPU or CUDA.</param>
/// <param name="RuntimeVersion">ONNX Runtime.</param>
/// <param name="Instructions">The widest vector instructions of the processor, which choose the runtime's kernels.</param>
/// <param name="BatchRows">Rows of the run, filled ones included.</param>
/// <param name="NgramWidth">F of the run; 0 when the model reads no n-grams.</param>
/// <param name="TokenWidth">T of the run; 0 when the model reads no tokens.</param>
public sealed record ExecutionProfile(
    string Provider, string RuntimeVersion, string Instructions, int IntraOpThreads, int BatchRows, int NgramWidth, int TokenWidth)
{
    internal static string CurrentInstructions { get; } =
        Avx512F.IsSupported ? "avx512" : Avx2.IsSupported ? "avx2" : System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported ? "neon" : "base";
}
