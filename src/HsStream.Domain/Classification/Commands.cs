using HsStream.Domain.Ledger;
using HsStream.Domain.Messages;

namespace HsStream.Domain.Classification;

/// <summary>Orders about one description id.</summary>
public abstract record ClassificationCommand
{
    private ClassificationCommand() { }

    public sealed record DescribeGoods(ProductDescription Description, Origin Origin) : ClassificationCommand;

    public sealed record PredictCode(Prediction Prediction, Origin Origin) : ClassificationCommand;

    public sealed record PredictInShadow(Prediction Prediction, Origin Origin) : ClassificationCommand;

    public sealed record CorrectLabel(LabelCorrection Correction, Origin Origin) : ClassificationCommand;

    public sealed record EraseText(Mandate Mandate, DateTimeOffset At) : ClassificationCommand;
}
