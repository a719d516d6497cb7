using Microsoft.ML.OnnxRuntime;

namespace HsStream.Scoring.Onnx;

/// <summary>Chooses where a model runs.</summary>
internal static class ExecutionProviders
{
    public const string Cpu = "CPU";
    public const string Cuda = "CUDA";
    private const string CudaName = "CUDAExecutionProvider";

    /// <summary>Opens a session on the preferred provider, or on the processor.</summary>
    /// <param name="warning">Why it is not the preferred one; null when it is.</param>
    /// <exception cref="OnnxRuntimeException">The model cannot be loaded on the processor either.</exception>
    public static (InferenceSession Session, string Provider) Open(ReadOnlyMemory<byte> model, ScoringOptions options, out string? warning)
    {
        warning = null;
        if (options.Accelerator != AcceleratorPreference.Cpu)
        {
            warning = TryOpenCuda(model, options, out var session);
            if (session is not null)
            {
                return (session, Cuda);
            }

            warning = options.Accelerator == AcceleratorPreference.Cuda ? $"CUDA was asked for and is not there ({warning}); the model runs on the CPU." : null;
        }

        using var settings = Settings(options);
        return (new InferenceSession(model.ToArray(), settings), Cpu);
    }

    private static string? TryOpenCuda(ReadOnlyMemory<byte> model, ScoringOptions options, out InferenceSession? session)
    {
        session = null;
        if (!OrtEnv.Instance().GetAvailableProviders().Contains(CudaName))
        {
            return "this build has no CUDA; build with -p:Accelerator=cuda";
        }

        try
        {
            using var settings = Settings(options);
            settings.AppendExecutionProvider_CUDA();
            session = new InferenceSession(model.ToArray(), settings);
            return null;
        }
        catch (Exception e) when (e is OnnxRuntimeException or DllNotFoundException or EntryPointNotFoundException)
        {
            return e.Message;
        }
    }

    private static SessionOptions Settings(ScoringOptions options) => new()
    {
        IntraOpNumThreads = options.IntraOpThreads,
        InterOpNumThreads = 1,
        ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
        GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, // errors come back as exceptions
    };
}
