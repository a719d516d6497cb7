using System.Buffers.Binary;
using System.Net.Sockets;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Cli.Broker;

/// <summary>One request after another to one broker, for operator verbs; Kafka's client libraries lack some of these requests.</summary>
internal sealed class BrokerConnection : IDisposable
{
    private const int LongestAnswerBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TcpClient _client;
    private readonly string _address;
    private int _correlationId;

    private BrokerConnection(TcpClient client, string address) => (_client, _address) = (client, address);

    /// <param name="address">host:port.</param>
    public static async Task<BrokerConnection> OpenAsync(string address, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate("kafka://" + address, UriKind.Absolute, out var uri) || uri.Port < 0)
        {
            throw new OperatorException($"--bootstrap is '{address}'; expected HOST:PORT");
        }

        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(uri.Host, uri.Port, cancellationToken).AsTask().WaitAsync(Patience, cancellationToken);
            return new BrokerConnection(client, address);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            client.Dispose();
            throw new OperatorException($"no broker answers at {address}: {e.Message}", e);
        }
    }

    public async Task<TResponse> AskAsync<TResponse>(ApiKey key, short version, IWireStruct request, CancellationToken cancellationToken)
        where TResponse : IWireStruct
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            var api = ApiTable.Get(key);
            using (var writer = new WireWriter())
            {
                Frame.WriteRequest(writer, api, version, ++_correlationId, "hsstream", request);
                await _client.GetStream().WriteAsync(writer.Written, deadline.Token);
            }

            var length = new byte[4];
            await _client.GetStream().ReadExactlyAsync(length, deadline.Token);
            var bytes = BinaryPrimitives.ReadInt32BigEndian(length);
            if (bytes is < 4 or > LongestAnswerBytes) { throw new OperatorException($"{_address} does not speak Kafka: an answer of {bytes} bytes"); }
            var frame = new byte[bytes];
            await _client.GetStream().ReadExactlyAsync(frame, deadline.Token);
            return (TResponse)Frame.ReadResponse(frame, api, version).Response;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperatorException($"the broker at {_address} did not answer {key} within {Patience.TotalSeconds} s");
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            throw new OperatorException($"the broker at {_address} did not answer {key} version {version}: {e.Message}", e);
        }
    }

    public void Dispose() => _client.Dispose();
}
