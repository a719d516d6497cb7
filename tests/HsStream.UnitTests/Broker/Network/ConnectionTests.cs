using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HsStream.Embedded.Broker.Network;
using HsStream.Embedded.Broker.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HsStream.UnitTests.Broker.Network;

/// <summary>One real loopback connection against a handler that the test answers by hand.</summary>
public sealed class ConnectionTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly BrokerMetrics _metrics = new();
    private readonly ManualHandler _handler = new();
    private readonly BrokerListener _listener;
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ConnectionTests()
    {
        var options = new NetworkOptions { MaxRequestBytes = 10_000, MaxRequestBytesInFlight = 1_000, MaxPipelinedRequests = 4 };
        _listener = BrokerListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), new NetworkShared(options, _metrics), _time, NullLogger.Instance);
        _listener.Start(_handler);
        _client.Connect(_listener.EndPoint);
        _client.ReceiveTimeout = (int)Deadline.TotalMilliseconds;
    }

    [Fact]
    public async Task Answers_leave_in_the_order_of_the_requests()
    {
        Send(ApiKey.Heartbeat, 1, new HeartbeatRequest());
        Send(ApiKey.Heartbeat, 2, new HeartbeatRequest());
        var first = await _handler.NextAsync();
        var second = await _handler.NextAsync();
        second.SetResult(new HeartbeatResponse { Error = ErrorCode.RebalanceInProgress });
        first.SetResult(new HeartbeatResponse());
        Assert.Equal(1, ReceiveCorrelationId());
        Assert.Equal(2, ReceiveCorrelationId());
    }

    [Fact]
    public async Task A_request_without_an_answer_leaves_no_hole()
    {
        Send(ApiKey.Produce, 1, new ProduceRequest());
        Send(ApiKey.Heartbeat, 2, new HeartbeatRequest());
        (await _handler.NextAsync()).SetResult(null);
        (await _handler.NextAsync()).SetResult(new HeartbeatResponse());
        Assert.Equal(2, ReceiveCorrelationId());
    }

    [Fact]
    public async Task No_more_than_the_allowed_number_of_requests_wait_at_once()
    {
        for (var i = 0; i < 12; i++) { Send(ApiKey.Heartbeat, i, new HeartbeatRequest()); }
        // Four in the queue, one that the sender holds, one that waits for a place in the queue.
        for (var i = 0; i < 6; i++) { (await _handler.NextAsync()).SetResult(new HeartbeatResponse()); }
        for (var i = 0; i < 6; i++) { (await _handler.NextAsync()).SetResult(new HeartbeatResponse()); }
        for (var i = 0; i < 12; i++) { Assert.Equal(i, ReceiveCorrelationId()); }
        Assert.True(_handler.MostAtOnce <= 6, $"Expected at most 6 requests at once, got {_handler.MostAtOnce}.");
    }

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(7)]
    [InlineData(10_001)]
    [InlineData(int.MaxValue)]
    public void A_length_out_of_range_closes_the_connection(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        _client.Send(bytes);
        AssertClosed();
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(0, 12)]
    [InlineData(1, 3)]
    [InlineData(71, 0)]
    [InlineData(-1, 0)]
    public void An_unknown_request_or_version_closes_the_connection(short key, short version)
    {
        _client.Send([0, 0, 0, 10, (byte)(key >> 8), (byte)key, 0, (byte)version, 0, 0, 0, 1, 0xFF, 0xFF]);
        AssertClosed();
    }

    [Fact]
    public void A_newer_ApiVersions_is_answered_in_version_0_with_the_whole_table()
    {
        _client.Send([0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 7, 0xFF, 0xFF]);
        var (correlationId, response) = Frame.ReadResponse(Receive(), ApiTable.Get(ApiKey.ApiVersions), 0);
        Assert.Equal(7, correlationId);
        var versions = Assert.IsType<ApiVersionsResponse>(response);
        Assert.Equal(ErrorCode.UnsupportedVersion, versions.Error);
        Assert.Equal(ApiTable.All.Count, versions.Apis.Count);
    }

    [Fact]
    public async Task A_failed_handler_closes_its_connection_only()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Connect(_listener.EndPoint);
        Send(ApiKey.Heartbeat, 1, new HeartbeatRequest());
        (await _handler.NextAsync()).SetException(new InvalidOperationException("a bug"));
        AssertClosed();
        Send(ApiKey.Heartbeat, 2, new HeartbeatRequest(), other);
        (await _handler.NextAsync()).SetResult(new HeartbeatResponse());
        Assert.Equal(2, ReceiveCorrelationId(other));
    }

    [Fact]
    public async Task A_handler_that_fails_at_once_closes_its_connection_only()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Connect(_listener.EndPoint);
        Send(ApiKey.ListGroups, 1, new ListGroupsRequest());
        AssertClosed();
        Send(ApiKey.Heartbeat, 2, new HeartbeatRequest(), other);
        (await _handler.NextAsync()).SetResult(new HeartbeatResponse());
        Assert.Equal(2, ReceiveCorrelationId(other));
    }

    [Fact]
    public async Task A_large_frame_that_is_only_announced_keeps_nobody_waiting()
    {
        // More than the whole budget is announced by each of these.
        var hostile = Enumerable.Range(0, 20).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        foreach (var socket in hostile)
        {
            socket.Connect(_listener.EndPoint);
            socket.Send([0, 0, 0x27, 0x10, 0, 0]);
        }

        Send(ApiKey.Heartbeat, 3, new HeartbeatRequest());
        (await _handler.NextAsync()).SetResult(new HeartbeatResponse());
        Assert.Equal(3, ReceiveCorrelationId());
        hostile.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public void Half_a_request_is_waited_for_only_so_long()
    {
        _client.Send([0, 0, 1, 0, 0]);
        AssertClosedWhileTimePasses(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Half_a_length_is_waited_for_only_so_long()
    {
        _client.Send([0, 0]);
        AssertClosedWhileTimePasses(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task An_idle_connection_is_closed_but_not_one_that_waits_for_its_answer()
    {
        Send(ApiKey.Heartbeat, 1, new HeartbeatRequest());
        var parked = await _handler.NextAsync();
        for (var i = 0; i < 30; i++) { _time.Advance(TimeSpan.FromMinutes(1)); }
        parked.SetResult(new HeartbeatResponse());
        Assert.Equal(1, ReceiveCorrelationId());
        AssertClosedWhileTimePasses(TimeSpan.FromMinutes(1));
    }

    public async ValueTask DisposeAsync()
    {
        _handler.FailRest();
        _client.Dispose();
        await _listener.DisposeAsync();
        _metrics.Dispose();
    }

    private void Send(ApiKey key, int correlationId, IWireStruct request, Socket? socket = null)
    {
        using var writer = new WireWriter();
        Frame.WriteRequest(writer, ApiTable.Get(key), ApiTable.Get(key).MinServed, correlationId, "test", request);
        (socket ?? _client).Send(writer.Written.Span);
    }

    private int ReceiveCorrelationId(Socket? socket = null) => BinaryPrimitives.ReadInt32BigEndian(Receive(socket));

    private byte[] Receive(Socket? socket = null)
    {
        var length = new byte[4];
        Fill(socket ?? _client, length);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        Fill(socket ?? _client, frame);
        return frame;
    }

    private static void Fill(Socket socket, byte[] bytes)
    {
        for (var have = 0; have < bytes.Length;)
        {
            var received = socket.Receive(bytes.AsSpan(have));
            Assert.True(received > 0, "The broker closed the connection.");
            have += received;
        }
    }

    private void AssertClosed() => Assert.Equal(0, _client.Receive(new byte[1]));

    private void AssertClosedWhileTimePasses(TimeSpan step)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!_client.Poll(20_000, SelectMode.SelectRead))
        {
            Assert.True(waited.Elapsed < Deadline, "The broker kept a stalled connection.");
            _time.Advance(step);
        }

        AssertClosed();
    }

    private sealed class ManualHandler : IRequestHandler
    {
        private readonly BlockingCollection<TaskCompletionSource<IWireStruct?>> _started = [];
        private readonly ConcurrentBag<TaskCompletionSource<IWireStruct?>> _all = [];

        public int MostAtOnce { get; private set; }

        public Task<IWireStruct?> HandleAsync(RequestContext context, IWireStruct request)
        {
            if (request is ListGroupsRequest) { throw new InvalidOperationException("a bug"); }
            var answer = new TaskCompletionSource<IWireStruct?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _all.Add(answer);
            MostAtOnce = Math.Max(MostAtOnce, _all.Count(other => !other.Task.IsCompleted));
            _started.Add(answer);
            return answer.Task;
        }

        public Task<TaskCompletionSource<IWireStruct?>> NextAsync() => Task.Run(() =>
            _started.TryTake(out var answer, Deadline) ? answer : throw new TimeoutException("No request reached the handler."));

        public void FailRest()
        {
            foreach (var answer in _all) { answer.TrySetException(new OperationCanceledException()); }
        }
    }
}
