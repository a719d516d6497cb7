using HsStream.Training.Networks;
using TorchSharp;

namespace HsStream.Training.Fitting;

/// <summary>How well a network does on rows that it has not learned from.</summary>
/// <param name="Subheadings">Share of rows whose likeliest subheading is right.</param>
/// <param name="Headings">Share of rows whose likeliest subheading lies under the right heading.</param>
/// <param name="LogLoss">Mean of -ln(probability of the right subheading).</param>
public sealed record HeldOutScore(double Subheadings, double Headings, double LogLoss)
{
    public static HeldOutScore Of(INetwork network, LabelledRows data, CancellationToken cancellationToken)
    {
        var (right, rightHeading, loss) = (0, 0, 0.0);
        Inference.ForBatches(network, data.Rows, (start, output) =>
        {
            var log = torch.nn.functional.log_softmax(output.Logits, 1);
            var best = log.argmax(1).cpu().data<long>().ToArray();
            var labels = Enumerable.Range(start, best.Length).Select(row => (long)data.Labels[row]).ToArray();
            var asked = log.gather(1, torch.tensor(labels).to(log.device).unsqueeze(1)).cpu().data<float>().ToArray();
            for (var i = 0; i < best.Length; i++)
            {
                right += best[i] == labels[i] ? 1 : 0;
                rightHeading += network.Labels.HeadingOf[(int)best[i]] == network.Labels.HeadingOf[(int)labels[i]] ? 1 : 0;
                loss -= asked[i];
            }
        }, cancellationToken);
        var count = Math.Max(1, data.Count);
        return new HeldOutScore(right / (double)count, rightHeading / (double)count, loss / count);
    }

    /// <summary>Whether this is a better result: more subheadings right, or as many with less loss.</summary>
    public bool IsBetterThan(HeldOutScore? other) =>
        other is null || Subheadings > other.Subheadings || (Subheadings == other.Subheadings && LogLoss < other.LogLoss);
}
