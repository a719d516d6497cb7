namespace HsStream.Streaming.Processing;

/// <summary>Places in the loop where a crash must do no harm.</summary>
internal enum LoopStep
{
    BatchTaken,
    Handled,
    Begun,
    Produced,
    OffsetsSent,
    Committed,
    Aborted,
}

/// <summary>A test's way to kill the loop: what it throws ends the processor at once, without abort, drain or leave.</summary>
internal delegate void LoopProbe(LoopStep step);
