using System.Buffers.Binary;
using System.Net.Sockets;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Chaos.Wire;

/// <summary>One TCP connection that speaks single requests: nothing is retried, nothing is hidden.</summary>
internal sealed class RawClient : IDisposable
{
    /// <summary>Longer than any wait a request of ours asks the broker for.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(90);

    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;
    private int _correlationId;

    private RawClient(TcpClient tcp)
    {
        _tcp = tcp;
        _stream = tcp.GetStream();
    }

    public string ClientId { get; set; } = "raw";

    public Socket Socket => _tcp.Client;

    public static async Task<RawClient> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var tcp = new TcpClient { NoDelay = true };
        try
        {
            await tcp.ConnectAsync(host, port, cancellationToken);
            return new RawClient(tcp);
        }
        catch
        {
            tcp.Dispose();
            throw;
        }
    }

    public static Task<RawClient> ConnectAsync(string bootstrap, CancellationToken cancellationToken)
    {
        var (host, port) = HostPort.Parse(bootstrap);
        return ConnectAsync(host, port, cancellationToken);
    }

    /// <summary>Sends in the newest version we know, or the one given, and waits for the answer.</summary>
    /// <exception cref="IOException">The broker closed the connection.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="AnswerLimit"/>.</exception>
    public async Task<TResponse> SendAsync<TResponse>(ApiKey key, short? version, IWireStruct request, CancellationToken cancellationToken)
        where TResponse : IWireStruct =>
        (TResponse)await SendAsync(key, version ?? ApiTable.Get(key).MaxVersion, request, cancellationToken);

    public async Task<IWireStruct> SendAsync(ApiKey key, short version, IWireStruct request, CancellationToken cancellationToken)
    {
        var sent = await WriteRequestAsync(key, version, request, cancellationToken);
        var frame = await ReadFrameAsync(cancellationToken);
        var (correlationId, response) = Frame.ReadResponse(frame, ApiTable.Get(key), version);
        return correlationId == sent
            ? response
            : throw new IOException($"Expected the answer to request {sent}, got that to {correlationId}: {key} {version}.");
    }

    /// <summary>Sends without waiting; the answer is read by <see cref="ReadFrameAsync"/>.</summary>
    /// <returns>The correlation id.</returns>
    public async Task<int> WriteRequestAsync(ApiKey key, short version, IWireStruct request, CancellationToken cancellationToken)
    {
        var correlationId = Interlocked.Increment(ref _correlationId);
        using var writer = new WireWriter();
        Frame.WriteRequest(writer, ApiTable.Get(key), version, correlationId, ClientId, request);
        await WriteAsync(writer.Written, cancellationToken);
        return correlationId;
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => await _stream.WriteAsync(bytes, cancellationToken);

    /// <summary>One answer without its length.</summary>
    public async Task<byte[]> ReadFrameAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(AnswerLimit);
        try
        {
            var head = new byte[4];
            await _stream.ReadExactlyAsync(head, deadline.Token);
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(head)];
            await _stream.ReadExactlyAsync(frame, deadline.Token);
            return frame;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No answer within {AnswerLimit}.");
        }
    }

    /// <summary>Waits until the broker closes the connection, throwing answers away.</summary>
    /// <exception cref="TimeoutException">It was still open after the limit.</exception>
    public async Task WaitUntilClosedAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        var buffer = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(buffer, deadline.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset: closed as well.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The connection was still open after {limit}.");
        }
    }

    public void Dispose() => _tcp.Dispose();
}
