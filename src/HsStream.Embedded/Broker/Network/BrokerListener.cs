using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace HsStream.Embedded.Broker.Network;

/// <summary>Accepts connections on a loopback address and closes those that stall.</summary>
internal sealed class BrokerListener : IAsyncDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly Socket _listener;
    private readonly NetworkShared _shared;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _sweep;
    private Task _accepting = Task.CompletedTask;

    private BrokerListener(Socket listener, NetworkShared shared, TimeProvider time, ILogger logger)
    {
        _listener = listener;
        _shared = shared;
        _time = time;
        _logger = logger;
        _sweep = time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
        shared.Metrics.Meter.CreateObservableGauge("hsstream_broker_connections", () => _connections.Count);
        shared.Metrics.Meter.CreateObservableGauge("hsstream_broker_request_bytes_in_flight", () => shared.RequestBytes.Used, "By");
        shared.Metrics.Meter.CreateObservableGauge("hsstream_broker_response_bytes_in_flight", () => shared.ResponseBytes.Used, "By");
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Takes the port; connections wait in the backlog until <see cref="Start"/>.</summary>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static BrokerListener Bind(IPEndPoint endPoint, NetworkShared shared, TimeProvider time, ILogger logger)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // On Unix .NET sets SO_REUSEADDR, so a restart does not wait for old connections to time out.
            socket.Bind(endPoint);
            socket.Listen(512);
            return new BrokerListener(socket, shared, time, logger);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Start(IRequestHandler handler)
    {
        _accepting = AcceptAsync(handler);
        _logger.ListenerStarted(EndPoint.ToString());
    }

    /// <summary>Stops accepting, then closes every connection. Answers that are ready get <paramref name="drain"/> to leave.</summary>
    public async Task StopAsync(TimeSpan drain)
    {
        if (_stopping.IsCancellationRequested) { return; }
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var connection in _connections.Keys) { connection.Close(null); }
        try
        {
            await Task.WhenAll(_connections.Values).WaitAsync(drain, _time);
        }
        catch (TimeoutException)
        {
            // What is still running belongs to a handler that waits for the disk; the process ends without it.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(5));
        await _sweep.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task AcceptAsync(IRequestHandler handler)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stopping.Token);
                if (_connections.Count >= _shared.Options.MaxConnections)
                {
                    _shared.Metrics.Closed("too many connections");
                    _logger.ConnectionRefused(socket.RemoteEndPoint?.ToString() ?? "?", $"{_shared.Options.MaxConnections} connections are open");
                    socket.Dispose();
                    continue;
                }

                socket.NoDelay = true;
                var connection = new Connection(socket, handler, _shared, _time, _logger);
                var gate = new TaskCompletionSource();
                _connections[connection] = gate.Task;
                _ = RunAsync(connection, gate);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception)
            {
                // Out of file handles, or the peer gave up in the backlog: others must still get in.
                _logger.AcceptFailed(exception);
                await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(100), _time, _stopping.Token));
            }
        }
    }

    private async Task RunAsync(Connection connection, TaskCompletionSource ended)
    {
        await Task.Yield();
        try
        {
            await connection.RunAsync();
        }
        finally
        {
            connection.Dispose();
            _connections.TryRemove(connection, out _);
            ended.SetResult();
        }
    }

    private void Sweep()
    {
        foreach (var connection in _connections.Keys) { connection.CloseIfStalled(); }
    }
}
