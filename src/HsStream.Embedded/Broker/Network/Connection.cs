using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using HsStream.Embedded.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Network;

/// <summary>One client's socket: requests are started in order, answered in order, and may overlap in between.</summary>
/// <remarks>A malformed request, an unknown API or version, or a failed handler closes the connection, as Kafka does; never the process.</remarks>
internal sealed class Connection(
    Socket socket, IRequestHandler handler, NetworkShared shared, TimeProvider time, ILogger logger) : IDisposable
{
    private const int PieceBytes = 256 * 1024;

    private readonly CancellationTokenSource _closed = new();
    private readonly FrameReceiver _receiver = new(socket, shared.Options, shared.RequestBytes, time);
    private readonly Channel<PendingResponse> _responses =
        Channel.CreateBounded<PendingResponse>(new BoundedChannelOptions(shared.Options.MaxPipelinedRequests) { SingleReader = true, SingleWriter = true });

    private readonly string _peer = socket.RemoteEndPoint?.ToString() ?? "?";
    private readonly string _clientHost = "/" + ((socket.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? "?");
    private long _lastActivity = time.GetTimestamp();
    private long _sendingSince;
    private int _pending;

    private readonly record struct PendingResponse(RequestHeader Header, Task<IWireStruct?> Response, long StartedAt);

    /// <summary>Runs until either side closes; never throws.</summary>
    public async Task RunAsync()
    {
        var sending = SendAsync();
        var reason = await ReceiveAsync();
        _responses.Writer.TryComplete();
        // Like Kafka, no answer is owed to a peer that closed; a parked fetch ends here.
        Close(reason);
        await sending;
        socket.Dispose();
    }

    /// <summary>Closes a connection that is idle, sends half a request, or does not take its response, for too long.</summary>
    public void CloseIfStalled()
    {
        var options = shared.Options;
        if (Exceeds(_receiver.PartialSince, options.FrameTimeout)) { Close("half a request, then silence"); }
        else if (Exceeds(Volatile.Read(ref _sendingSince), options.SendTimeout)) { Close("does not read its response"); }
        else if (Volatile.Read(ref _pending) == 0 && Exceeds(Volatile.Read(ref _lastActivity), options.IdleTimeout)) { Close("idle"); }
    }

    public void Close(string? reason)
    {
        if (reason is not null && !_closed.IsCancellationRequested)
        {
            shared.Metrics.Closed(reason.Length > 40 ? "protocol" : reason);
            if (reason != "idle") { logger.ConnectionRefused(_peer, reason); }
        }

        try
        {
            _closed.Cancel();
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        _receiver.Dispose();
        _closed.Dispose();
    }

    /// <returns>Why the broker ends the connection; null when the peer did.</returns>
    private async Task<string?> ReceiveAsync()
    {
        try
        {
            while (await _receiver.NextAsync(_closed.Token) is { } frame)
            {
                Volatile.Write(ref _lastActivity, time.GetTimestamp());
                shared.Metrics.Received(frame.Bytes.Length + 4);
                if (!TryStart(frame, out var pending, out var reason)) { return reason; }
                Interlocked.Increment(ref _pending);
                await _responses.Writer.WriteAsync(pending, _closed.Token);
            }

            return null;
        }
        catch (ProtocolException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException or ChannelClosedException)
        {
            return null;
        }
    }

    private bool TryStart(ReceivedFrame frame, out PendingResponse pending, out string? reason)
    {
        pending = default;
        using var held = frame;
        var reader = new WireReader(frame.Bytes, shared.Options.MaxRequestElements);
        if (Frame.TryReadRequestHeader(reader, out var header))
        {
            var request = Frame.ReadRequest(reader, header);
            var context = new RequestContext(header, _clientHost, _closed.Token);
            pending = new PendingResponse(header, StartAsync(context, request), time.GetTimestamp());
            reason = null;
            return true;
        }

        if (header.Api?.Key == ApiKey.ApiVersions)
        {
            // An answer in version 0 tells a newer client what it may ask for.
            var response = Task.FromResult<IWireStruct?>(Handlers.ApiVersionsHandler.Unsupported());
            pending = new PendingResponse(header with { Version = 0 }, response, time.GetTimestamp());
            reason = null;
            return true;
        }

        reason = header.Api is null
            ? "Expected a request type that ApiVersions lists, got another."
            : $"Expected {header.Api.Key} of version {header.Api.MinServed} to {header.Api.MaxVersion}, got {header.Version}.";
        return false;
    }

    /// <summary>What a handler throws before its first wait belongs to its request too.</summary>
    private async Task<IWireStruct?> StartAsync(RequestContext context, IWireStruct request) => await handler.HandleAsync(context, request);

    private async Task SendAsync()
    {
        await foreach (var pending in _responses.Reader.ReadAllAsync())
        {
            try
            {
                var response = await pending.Response;
                if (!_closed.IsCancellationRequested && response is not null) { await SendAsync(pending, response); }
                (response as IDisposable)?.Dispose();
            }
            catch (ProtocolException exception)
            {
                Close(exception.Message);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                Close(null);
            }
#pragma warning disable CA1031 // The edge of one connection: the record or command is not acknowledged, and the client hears so by the close.
            catch (Exception exception)
            {
                logger.RequestFailed(pending.Header.Api.Key.ToString(), pending.Header.Version, _peer, exception);
                Close("failed request");
            }
#pragma warning restore CA1031
            finally
            {
                Interlocked.Decrement(ref _pending);
                Volatile.Write(ref _lastActivity, time.GetTimestamp());
            }
        }
    }

    private async Task SendAsync(PendingResponse pending, IWireStruct response)
    {
        var header = pending.Header;
        using var writer = new WireWriter(inlineLimit: PieceBytes);
        Frame.WriteResponse(writer, header.Api, header.Version, header.CorrelationId, response);
        shared.Metrics.Answered(header, time.GetElapsedTime(pending.StartedAt).TotalSeconds);
        shared.Metrics.Sent(writer.TotalLength);
        if (writer.HasLeftOut) { await SendInPiecesAsync(writer); } else { await SendAllAsync(writer.Written); }
    }

    /// <summary>A peer that does not read holds one piece of memory, not its whole response, and nobody with a small response waits for it.</summary>
    private async Task SendInPiecesAsync(WireWriter writer)
    {
        await shared.ResponseBytes.TakeAsync(PieceBytes, _closed.Token);
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (writer.Fill(piece.AsSpan(0, PieceBytes)) is var count and > 0) { await SendAllAsync(piece.AsMemory(0, count)); }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
            shared.ResponseBytes.Return(PieceBytes);
        }
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> rest)
    {
        try
        {
            while (rest.Length > 0)
            {
                Volatile.Write(ref _sendingSince, time.GetTimestamp());
                rest = rest[await socket.SendAsync(rest, SocketFlags.None, _closed.Token)..];
            }
        }
        finally
        {
            Volatile.Write(ref _sendingSince, 0);
        }
    }

    private bool Exceeds(long since, TimeSpan limit) => since != 0 && time.GetElapsedTime(since) > limit;
}

/// <summary>What the connections of one listener share.</summary>
internal sealed class NetworkShared(NetworkOptions options, BrokerMetrics metrics)
{
    public NetworkOptions Options { get; } = options;

    public BrokerMetrics Metrics { get; } = metrics;

    public ByteBudget RequestBytes { get; } = new(options.MaxRequestBytesInFlight);

    public ByteBudget ResponseBytes { get; } = new(options.MaxResponseBytesInFlight);
}
