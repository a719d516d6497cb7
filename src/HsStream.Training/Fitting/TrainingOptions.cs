using System.Text.Json.Serialization;
using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>How a network is trained: every hyper-parameter but those of its form.</summary>
public sealed record TrainingOptions
{
    /// <summary>Rounds through the data. 1 to 1,000.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Rows of a step. 1 to 65,536.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Threads of libtorch. A run is repeated bit by bit with the same number only. 1 to 256.</summary>
    public int Threads { get; init; } = 2;

    public OptimizerOptions Optimizer { get; init; } = new();

    public ScheduleOptions Schedule { get; init; } = new();

    public LossOptions Loss { get; init; } = new();

    public AveragingOptions Averaging { get; init; } = new();

    /// <summary>Labels with fewer rows in the training part are repeated up to this number in each epoch. 0 repeats none; at most 10,000.</summary>
    public int MinRowsPerLabel { get; init; }

    /// <summary>Epochs without a better result on the held-out part after which the run stops; 0 never stops early. At most 1,000.</summary>
    public int Patience { get; init; }

    /// <exception cref="HyperParameterException">A value is out of range.</exception>
    public void Validate()
    {
        HyperParameterException.RequireRange(Epochs, 1, 1000, "epochs");
        HyperParameterException.RequireRange(BatchSize, 1, 65_536, "batch_size");
        HyperParameterException.RequireRange(Threads, 1, 256, "threads");
        HyperParameterException.RequireRange(MinRowsPerLabel, 0, 10_000, "min_rows_per_label");
        HyperParameterException.RequireRange(Patience, 0, 1000, "patience");
        Optimizer.Validate();
        Schedule.Validate();
        Loss.Validate();
        Averaging.Validate();
    }

    /// <summary>UTF-8 JSON; equal options give equal bytes.</summary>
    public byte[] ToJson() => HyperParameterJson.Write(this);

    /// <exception cref="HyperParameterException">Not JSON of this form, an unknown member, or a value out of range.</exception>
    public static TrainingOptions Parse(ReadOnlySpan<byte> json)
    {
        var read = HyperParameterJson.Read<TrainingOptions>(json, "The training options");
        read.Validate();
        return read;
    }
}

[JsonConverter(typeof(JsonStringEnumConverter<DenseOptimizerKind>))]
public enum DenseOptimizerKind
{
    AdamW,
    Adagrad,
}

/// <summary>Step sizes. Embedding tables have an optimiser of their own, by rows.</summary>
public sealed record OptimizerOptions
{
    public DenseOptimizerKind Dense { get; init; } = DenseOptimizerKind.AdamW;

    /// <summary>Step size of dense weights. Above 0, at most 10.</summary>
    public double DenseRate { get; init; } = 0.002;

    /// <summary>Share of a matrix's weights taken away in a step, times the step size. 0 to 1.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Step size of table rows (row-wise Adagrad). Above 0, at most 10.</summary>
    public double TableRate { get; init; } = 0.15;

    /// <summary>Longest gradient of a step; a longer one is scaled down. 0 is no bound; at most 1,000.</summary>
    public double MaxGradient { get; init; }

    internal void Validate()
    {
        HyperParameterException.RequireRange(DenseRate, 1e-9, 10, "optimizer.dense_rate");
        HyperParameterException.RequireRange(WeightDecay, 0, 1, "optimizer.weight_decay");
        HyperParameterException.RequireRange(TableRate, 1e-9, 10, "optimizer.table_rate");
        HyperParameterException.RequireRange(MaxGradient, 0, 1000, "optimizer.max_gradient");
    }
}

[JsonConverter(typeof(JsonStringEnumConverter<ScheduleShape>))]
public enum ScheduleShape
{
    Linear,
    Cosine,
    Constant,
}

/// <summary>How step sizes change over a run.</summary>
public sealed record ScheduleOptions
{
    public ScheduleShape Shape { get; init; } = ScheduleShape.Linear;

    /// <summary>Steps over which the sizes rise from zero. 0 to 1,000,000.</summary>
    public int WarmupSteps { get; init; } = 200;

    /// <summary>Share of the full size that is left at the end. 0 to 1.</summary>
    public double Floor { get; init; } = 0.02;

    /// <summary>Factor of the step sizes at a step.</summary>
    public double Factor(long step, long steps)
    {
        var progress = Math.Min(1, step / (double)Math.Max(1, steps));
        var shape = Shape switch
        {
            ScheduleShape.Linear => Math.Max(Floor, 1 - progress),
            ScheduleShape.Cosine => Floor + ((1 - Floor) * (1 + Math.Cos(Math.PI * progress)) / 2),
            _ => 1,
        };
        return shape * (WarmupSteps == 0 ? 1 : Math.Min(1, (step + 1.0) / WarmupSteps));
    }

    internal void Validate()
    {
        HyperParameterException.RequireRange(WarmupSteps, 0, 1_000_000, "schedule.warmup_steps");
        HyperParameterException.RequireRange(Floor, 0, 1, "schedule.floor");
    }
}

[JsonConverter(typeof(JsonStringEnumConverter<LossKind>))]
public enum LossKind
{
    CrossEntropy,

    /// <summary>One against the rest, squared: what a linear support vector machine minimises.</summary>
    SquaredHinge,
}

/// <summary>What a run minimises.</summary>
public sealed record LossOptions
{
    public LossKind Kind { get; init; } = LossKind.CrossEntropy;

    /// <summary>Share of a label's probability spread over all labels. 0 to 0.5.</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>Weight of the loss over headings: of their own head, or else of the summed probabilities of their subheadings. 0 to 10.</summary>
    public double Headings { get; init; } = 0.5;

    /// <summary>Weight of the loss over chapters, likewise. 0 to 10.</summary>
    public double Chapters { get; init; }

    /// <summary>Share of the loss that asks for a teacher's probabilities instead of the label, where there is a teacher. 0 to 1.</summary>
    public double Teacher { get; init; } = 0.5;

    internal void Validate()
    {
        HyperParameterException.RequireRange(LabelSmoothing, 0, 0.5, "loss.label_smoothing");
        HyperParameterException.RequireRange(Headings, 0, 10, "loss.headings");
        HyperParameterException.RequireRange(Chapters, 0, 10, "loss.chapters");
        HyperParameterException.RequireRange(Teacher, 0, 1, "loss.teacher");
    }
}

[JsonConverter(typeof(JsonStringEnumConverter<AveragingKind>))]
public enum AveragingKind
{
    None,

    /// <summary>Exponential moving average over steps.</summary>
    Moving,

    /// <summary>Plain average over the ends of epochs.</summary>
    Epochs,
}

/// <summary>Which weights a run gives: the last ones, or an average over its course.</summary>
public sealed record AveragingOptions
{
    public AveragingKind Kind { get; init; } = AveragingKind.None;

    /// <summary>Share of the moving average kept in a step. 0.5 to 0.99999.</summary>
    public double Decay { get; init; } = 0.999;

    /// <summary>First epoch, from 1, that goes into the plain average. 1 to 1,000.</summary>
    public int FromEpoch { get; init; } = 5;

    internal void Validate()
    {
        HyperParameterException.RequireRange(Decay, 0.5, 0.99999, "averaging.decay");
        HyperParameterException.RequireRange(FromEpoch, 1, 1000, "averaging.from_epoch");
    }
}
