namespace HsStream.Training.Datasets.Import;

/// <summary>What became of a file's rows. Filled while they are read, complete when the last one has been.</summary>
/// <param name="onRejected">Hears of every rejected row, for a report that holds them all.</param>
public sealed class ImportReport(Action<RejectedRow>? onRejected = null)
{
    /// <summary>Groups beyond this many are counted by reason only, so that a hostile file cannot fill the memory.</summary>
    public const int MaxGroups = 1000;

    private readonly SortedDictionary<RejectReason, long> _totals = [];
    private readonly Dictionary<(RejectReason, string), RejectGroup> _groups = [];

    public long Rows => Accepted + Rejected;

    public long Accepted { get; private set; }

    public long Rejected { get; private set; }

    /// <summary>Empty lines are no rows.</summary>
    public long BlankLines { get; internal set; }

    /// <summary>Accepted rows whose code got its leading zero back or lost a decimal part.</summary>
    public long MendedCodes { get; internal set; }

    /// <summary>Accepted rows whose code was converted to another number.</summary>
    public long ConvertedCodes { get; internal set; }

    /// <summary>Accepted rows whose code was the likeliest of several candidates.</summary>
    public long ChosenCodes { get; internal set; }

    /// <summary>Rejected rows whose code is one of the other edition: many of them mean a wrong <see cref="ImportOptions.Edition"/>.</summary>
    public long CodesOfOtherEdition { get; internal set; }

    /// <summary>Rejected rows whose code would be good with a leading zero restored; see <see cref="ImportOptions.CodeReading"/>.</summary>
    public long CodesLackingZero { get; internal set; }

    /// <summary>What was found out about the file: format, delimiter, columns; for people.</summary>
    public string Source { get; internal set; } = "";

    /// <summary>Set when the file could not be read to its end.</summary>
    public string? Damage { get; internal set; }

    public IReadOnlyDictionary<RejectReason, long> Totals => _totals;

    /// <summary>Rejected rows of one reason, and of one code where the code is the reason; most rows first.</summary>
    public IReadOnlyList<RejectGroup> Groups => [.. _groups.Values.OrderByDescending(g => g.Rows).ThenBy(g => g.First.Line)];

    internal void Accept() => Accepted++;

    internal void Reject(RejectedRow row)
    {
        Rejected++;
        _totals[row.Reason] = _totals.GetValueOrDefault(row.Reason) + 1;
        var isAboutCode = row.Reason is RejectReason.UnknownCode or RejectReason.AmbiguousCode or RejectReason.NoCounterpart or RejectReason.ShortCode;
        var key = (row.Reason, isAboutCode ? row.Arrived : "");
        if (_groups.TryGetValue(key, out var group)) { group.Rows++; }
        else if (_groups.Count < MaxGroups) { _groups.Add(key, new RejectGroup(row)); }
        onRejected?.Invoke(row);
    }
}

/// <param name="first">The first row of the group, as its example.</param>
public sealed class RejectGroup(RejectedRow first)
{
    public RejectedRow First { get; } = first;

    public long Rows { get; internal set; } = 1;
}
