using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Network;

/// <summary>A received request frame in a pooled buffer, with what it took of the request budget.</summary>
internal sealed class ReceivedFrame(byte[] buffer, int length, int claimed, ByteBudget budget) : IDisposable
{
    private byte[]? _buffer = buffer;

    /// <summary>Without the length prefix.</summary>
    public Memory<byte> Bytes => _buffer.AsMemory(0, length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is not { } held) { return; }
        ArrayPool<byte>.Shared.Return(held);
        budget.Return(claimed);
    }
}

/// <summary>Cuts the bytes of one socket into frames. Idle, it holds a few KiB; a large frame is received straight into its own buffer.</summary>
/// <remarks>
/// Small frames need no budget, so they never wait for large ones. A large frame's buffer, and its claim, grow with what has really
/// arrived, not with what was announced.
/// </remarks>
internal sealed class FrameReceiver(Socket socket, NetworkOptions options, ByteBudget budget, TimeProvider time) : IDisposable
{
    private const int ReceiveBufferBytes = 8 * 1024;
    private const int SmallFrameBytes = 64 * 1024;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(ReceiveBufferBytes);
    private int _start;
    private int _end;
    private long _partialSince;

    /// <summary>Since when (a timestamp of the time provider) part of a frame has been waiting for the rest; 0 when none is.</summary>
    public long PartialSince => Volatile.Read(ref _partialSince);

    /// <returns>The next frame, or null when the peer closed between frames.</returns>
    /// <exception cref="ProtocolException">A length out of range, or the peer closed inside a frame.</exception>
    public async ValueTask<ReceivedFrame?> NextAsync(CancellationToken cancellationToken)
    {
        while (_end - _start < 4)
        {
            var partial = _end > _start;
            Volatile.Write(ref _partialSince, partial ? time.GetTimestamp() : 0);
            if (await ReceiveMoreAsync(cancellationToken) > 0) { continue; }
            return partial ? throw new ProtocolException("The peer closed inside a frame's length.") : null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (length < Frame.MinRequestBytes || length > options.MaxRequestBytes)
        {
            throw new ProtocolException($"Expected a request of {Frame.MinRequestBytes} to {options.MaxRequestBytes} bytes, got a length of {length}.");
        }

        _start += 4;
        return await FillAsync(length, cancellationToken);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private async ValueTask<int> ReceiveMoreAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        var received = await socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, cancellationToken);
        _end += received;
        return received;
    }

    private async ValueTask<ReceivedFrame> FillAsync(int length, CancellationToken cancellationToken)
    {
        var claimed = 0;
        var capacity = Math.Min(length, SmallFrameBytes);
        var frame = ArrayPool<byte>.Shared.Rent(capacity);
        try
        {
            var have = Math.Min(capacity, _end - _start);
            _buffer.AsSpan(_start, have).CopyTo(frame);
            _start += have;
            if (have < length) { Volatile.Write(ref _partialSince, time.GetTimestamp()); }
            while (have < length)
            {
                if (have == capacity)
                {
                    capacity = (int)Math.Min(length, Math.Max(capacity * 4L, (long)have + socket.Available));
                    await budget.TakeAsync(capacity - claimed, cancellationToken);
                    claimed = capacity;
                    var larger = ArrayPool<byte>.Shared.Rent(capacity);
                    frame.AsSpan(0, have).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(frame);
                    frame = larger;
                }

                var received = await socket.ReceiveAsync(frame.AsMemory(have, capacity - have), SocketFlags.None, cancellationToken);
                if (received == 0) { throw new ProtocolException($"The peer closed inside a frame: {have} of {length} bytes."); }
                have += received;
            }

            return new ReceivedFrame(frame, length, claimed, budget);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(frame);
            budget.Return(claimed);
            throw;
        }
        finally
        {
            Volatile.Write(ref _partialSince, 0);
        }
    }
}
