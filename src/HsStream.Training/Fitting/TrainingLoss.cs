using HsStream.Training.Networks;
using HsStream.Training.Torch;
using TorchSharp;

namespace HsStream.Training.Fitting;

/// <summary>The number that a step makes smaller: mean over the batch of row weight x loss, over subheadings, headings and chapters.</summary>
internal sealed class TrainingLoss : IDisposable
{
    private const double Tiny = 1e-9;
    private readonly LossOptions _options;
    private readonly LabelHierarchy _labels;
    private readonly torch.Tensor _headingOf;
    private readonly torch.Tensor _chapterOf;

    public TrainingLoss(LossOptions options, LabelHierarchy labels)
    {
        _options = options;
        _labels = labels;
        _headingOf = Indices(labels.HeadingOf);
        _chapterOf = Indices(labels.ChapterOf);
    }

    /// <param name="selected">Rows of <paramref name="data"/> in the batch.</param>
    public torch.Tensor Compute(NetworkOutput output, LabelledRows data, int[] selected)
    {
        // All [N]; logits [N, subheadings].
        var device = output.Logits.device;
        var labels = Array.ConvertAll(selected, row => (long)data.Labels[row]);
        var target = torch.tensor(labels).to(device);
        torch.Tensor loss;
        torch.Tensor? log = null;
        if (_options.Kind == LossKind.SquaredHinge)
        {
            loss = SquaredHinge(output.Logits, target);
        }
        else
        {
            log = torch.nn.functional.log_softmax(output.Logits, 1);
            loss = Smoothed(log, target);
            if (data.Teacher is { } teacher && _options.Teacher > 0)
            {
                var asked = -(teacher.Dense(selected, device) * log).sum(1);
                loss = loss.Times(1 - _options.Teacher).Plus(asked.Times(_options.Teacher));
            }
        }

        loss = Above(loss, log, output.Headings, _options.Headings, labels, _labels.HeadingOf, _headingOf, _labels.Headings.Count);
        loss = Above(loss, log, output.Chapters, _options.Chapters, labels, _labels.ChapterOf, _chapterOf, _labels.Chapters.Count);
        if (data.Weights is { } weights)
        {
            loss *= torch.tensor(Array.ConvertAll(selected, row => weights[row])).to(device);
        }

        return loss.mean();
    }

    public void Dispose()
    {
        _headingOf.Dispose();
        _chapterOf.Dispose();
    }

    // Of a head of its own where there is one, else of the summed probabilities of the subheadings below.
    private static torch.Tensor Above(
        torch.Tensor loss, torch.Tensor? log, torch.Tensor? scores, double weight, long[] labels, IReadOnlyList<int> of, torch.Tensor index, int groups)
    {
        if (weight == 0) { return loss; }
        var target = torch.tensor(Array.ConvertAll(labels, label => (long)of[(int)label])).to(loss.device).unsqueeze(1);
        if (scores is not null)
        {
            return loss.Minus(torch.nn.functional.log_softmax(scores, 1).gather(1, target).squeeze(1).Times(weight));
        }

        if (log is null) { return loss; }
        var sums = torch.zeros([labels.Length, groups], torch.float32, loss.device).index_add(1, index.to(loss.device), log.exp(), TensorMath.Number(1));
        return loss.Minus(sums.gather(1, target).squeeze(1).Plus(Tiny).log().Times(weight));
    }

    private static torch.Tensor SquaredHinge(torch.Tensor logits, torch.Tensor target)
    {
        var signs = torch.full_like(logits, TensorMath.Number(-1)).scatter_(1, target.unsqueeze(1), torch.ones([target.shape[0], 1], torch.float32, logits.device));
        var missing = torch.nn.functional.relu((signs * logits).Times(-1).Plus(1));
        return (missing * missing).sum(1);
    }

    private static torch.Tensor Indices(IReadOnlyList<int> of) => torch.tensor(of.Select(i => (long)i).ToArray()).DetachFromDisposeScope();

    private torch.Tensor Smoothed(torch.Tensor log, torch.Tensor target)
    {
        var asked = -log.gather(1, target.unsqueeze(1)).squeeze(1);
        return _options.LabelSmoothing == 0 ? asked : asked.Times(1 - _options.LabelSmoothing).Minus(log.mean([1]).Times(_options.LabelSmoothing));
    }
}
