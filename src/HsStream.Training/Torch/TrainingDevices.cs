using HsStream.Scoring.Onnx;
using TorchSharp;

namespace HsStream.Training.Torch;

/// <summary>Chooses where the dense part of a network learns; its tables stay on the processor.</summary>
public static class TrainingDevices
{
    /// <param name="warning">Why it is not the device that was asked for; null when it is.</param>
    /// <exception cref="TorchUnavailableException">libtorch does not load.</exception>
    public static torch.Device Choose(AcceleratorPreference preference, out string? warning)
    {
        TorchRuntime.Load();
        warning = null;
        if (preference == AcceleratorPreference.Cpu) { return torch.CPU; }
        if (HasCuda(out var why)) { return torch.CUDA; }
        warning = preference == AcceleratorPreference.Cuda ? $"CUDA was asked for and is not there ({why}); training runs on the CPU." : null;
        return torch.CPU;
    }

    private static bool HasCuda(out string why)
    {
        why = "this build has no CUDA; build with -p:Accelerator=cuda";
        if (LibTorchFolder.Name == LibTorchFolder.CpuName) { return false; }
        try
        {
            why = "libtorch finds no device";
            return torch.cuda.is_available();
        }
        catch (Exception e) when (e is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            why = e.Message;
            return false;
        }
    }
}
