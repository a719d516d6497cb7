using System.Globalization;
using HsStream.Domain.Messages;

namespace HsStream.Domain.Ledger;

/// <summary>Names of the ledger's streams; each follows from what the stream is about, so a replayed record lands on the same one.</summary>
public static class StreamIds
{
    public const string GoodsPrefix = "goods/";
    public const string ModelPrefix = "model/";
    public const string ExperimentPrefix = "experiment/";
    public const string RecordPrefix = "dead-letter/";
    public const string SignalPrefix = "signal/";
    public const string RetrainingPrefix = "retraining/";

    public static string Goods(string descriptionId) => GoodsPrefix + descriptionId;

    public static string Model(string version) => ModelPrefix + version;

    public static string Experiment(string experimentId) => ExperimentPrefix + experimentId;

    /// <summary>A record that could not be used. One stream a record: a partition's would grow without bound.</summary>
    public static string Record(RecordPosition position) =>
        string.Create(CultureInfo.InvariantCulture, $"{RecordPrefix}{position.Topic}/{position.Partition}/{position.Offset}");

    public static string Signal(string signalId) => SignalPrefix + signalId;

    public static string Retraining(string requestId) => RetrainingPrefix + requestId;
}
