using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace HsStream.UnitTests.Training.Torch;

/// <summary>The GPU packages are not restored by tests; the references that a build would choose are evaluated instead.</summary>
public sealed class AcceleratorTests
{
    [Theory]
    [InlineData("HsStream.Training", "cuda", "TorchSharp-cuda-linux", "libtorch-cpu-linux-x64")]
    [InlineData("HsStream.Training", "cpu", "libtorch-cpu-linux-x64", "TorchSharp-cuda-linux")]
    [InlineData("HsStream.Scoring", "cuda", "Microsoft.ML.OnnxRuntime.Gpu", "Microsoft.ML.OnnxRuntime")]
    [InlineData("HsStream.Scoring", "cpu", "Microsoft.ML.OnnxRuntime", "Microsoft.ML.OnnxRuntime.Gpu")]
    public async Task A_build_takes_the_packages_of_its_accelerator_and_not_those_of_the_other(
        string project, string accelerator, string expected, string unexpected)
    {
        var start = new ProcessStartInfo("dotnet",
            ["msbuild", Path.Combine(Root(), "src", project), "-getItem:PackageReference,PackageDownload", $"-p:Accelerator={accelerator}", "-nodeReuse:false"])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var items = JsonDocument.Parse(output);
        var names = items.RootElement.GetProperty("Items").EnumerateObject()
            .SelectMany(kind => kind.Value.EnumerateArray()).Select(item => item.GetProperty("Identity").GetString()).ToList();
        Assert.Contains(expected, names);
        Assert.DoesNotContain(unexpected, names);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "HsStream.sln"))) { folder = Path.GetDirectoryName(folder)!; }
        return folder;
    }
}
