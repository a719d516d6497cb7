using System.ComponentModel.DataAnnotations;

namespace HsStream.Scoring.Onnx;

/// <summary>Which hardware a model runs on.</summary>
public enum AcceleratorPreference
{
    /// <summary>CUDA when the build and the machine have it, else the processor.</summary>
    Auto,
    Cpu,

    /// <summary>CUDA; the processor with a warning when it is not there.</summary>
    Cuda,
}

/// <summary>How models are run and what a prediction holds.</summary>
public sealed record ScoringOptions
{
    public const string Section = "Scoring";

    public AcceleratorPreference Accelerator { get; init; } = AcceleratorPreference.Cpu;

    /// <summary>Threads inside one run of the model. Several scorers scale better over cores than several threads do.</summary>
    [Range(1, 256)]
    public int IntraOpThreads { get; init; } = 1;

    /// <summary>
    /// Rows of every run; a smaller group is filled up with empty rows. Kernels differ between batch sizes in the last bits, so a fixed
    /// size is what makes the result of a text independent of its neighbours.
    /// </summary>
    [Range(1, 1024)]
    public int BatchRows { get; init; } = 16;

    /// <summary>Codes in a ranking.</summary>
    [Range(1, 100)]
    public int TopK { get; init; } = 5;

    /// <summary>Promised coverage of the conformal sets; a bundle that was fitted for higher ones gives the nearest above.</summary>
    [Range(0.5, 0.999)]
    public double Coverage { get; init; } = 0.9;

    /// <summary>Most codes of a conformal set that a prediction lists; the size is always told.</summary>
    [Range(1, 10_000)]
    public int MaxListedSet { get; init; } = 100;

    /// <exception cref="ValidationException">Names the option that is out of its range, and the range.</exception>
    internal void Validate() => Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
}
