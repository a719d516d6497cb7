using System.Buffers.Binary;
using HsStream.Chaos.Processes;
using HsStream.Chaos.Wire;
using HsStream.Embedded.Broker.Log;
using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.IntegrationTests.Broker.Faults;

/// <summary>What a broker process makes of damaged files: a torn tail is cut, anything else is refused and left as it is.</summary>
public sealed class DiskDamageTests : IDisposable
{
    private const int Records = 40;
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> HarmlessTails() => ["garbage", "zeros", "half a header", "half a batch"];

    [Theory, MemberData(nameof(HarmlessTails))]
    public async Task What_lies_behind_the_last_batch_is_cut_and_costs_nothing(string tail)
    {
        await WriteAndKillAsync(cleanly: false);
        var random = new Random(3);
        await using (var file = new FileStream(LogFile(), FileMode.Append))
        {
            var batch = Requests.Batch(3, valueBytes: 100);
            var bytes = tail switch
            {
                "garbage" => random.GetItems(Enumerable.Range(0, 256).Select(n => (byte)n).ToArray(), random.Next(1, 400)),
                "zeros" => new byte[4_096],
                "half a header" => batch[..30],
                _ => batch[..^7],
            };
            file.Write(bytes);
        }

        await using var broker = await StartAsync();
        Assert.Equal(Enumerable.Range(0, Records), await ReadAsync(broker));
        await AppendAsync(broker, Records, expectedOffset: Records);
        Assert.Equal(Enumerable.Range(0, Records + 1), await ReadAsync(broker));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(150)]
    public async Task A_file_cut_short_loses_only_what_was_cut(int bytes)
    {
        await WriteAndKillAsync(cleanly: false);
        using (var file = File.OpenHandle(LogFile(), FileMode.Open, FileAccess.ReadWrite)) { RandomAccess.SetLength(file, RandomAccess.GetLength(file) - bytes); }
        await using var broker = await StartAsync();
        var left = await ReadAsync(broker);
        Assert.InRange(left.Count, Records - 3, Records - 1);
        Assert.Equal(Enumerable.Range(0, left.Count), left);
        await AppendAsync(broker, left.Count, expectedOffset: left.Count);
    }

    [Fact]
    public async Task A_flipped_bit_in_the_unconfirmed_tail_cuts_from_there()
    {
        await WriteAndKillAsync(cleanly: false);
        Flip(new FileInfo(LogFile()).Length - 20);
        await using var broker = await StartAsync();
        Assert.Equal(Enumerable.Range(0, Records - 1), await ReadAsync(broker));
    }

    /// <param name="batch">Which batch is hit.</param>
    /// <param name="at">Byte of the batch: in its base offset, which no CRC covers, its length, its CRC, its records.</param>
    [Theory]
    [InlineData(20, 0)]
    [InlineData(20, 5)]
    [InlineData(Records - 1, 5)]
    [InlineData(20, 10)]
    [InlineData(20, 18)]
    [InlineData(20, 80)]
    [InlineData(0, 80)]
    public async Task Damage_below_the_recovery_point_takes_the_partition_offline_and_leaves_the_file_alone(int batch, int at)
    {
        // A clean stop moves the recovery point to the end; the kill after it makes the next start look.
        await WriteAndKillAsync(cleanly: true);
        await using (var again = await StartAsync()) { await again.KillAsync(); }
        var length = new FileInfo(LogFile()).Length;
        Flip(BatchPosition(batch) + at);
        await using var broker = await StartAsync();
        using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        var fetched = await client.SendAsync<FetchResponse>(ApiKey.Fetch, 12, Requests.Fetch("damaged", 0, 0), Token);
        Assert.Equal(ErrorCode.KafkaStorageError, fetched.Topics[0].Partitions[0].Error);
        var produced = await client.SendAsync<ProduceResponse>(ApiKey.Produce, 8, Requests.Produce("damaged", 0, Requests.Batch(1)), Token);
        Assert.Equal(ErrorCode.KafkaStorageError, produced.Topics[0].Partitions[0].Error);
        Assert.Equal(length, new FileInfo(LogFile()).Length);
        using var cluster = new RawCluster(broker.Bootstrap);
        await cluster.CreateTopicAsync("sound", 1, [], Token);
        Assert.Contains("offline", broker.Log, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Lost_side_files_are_made_again()
    {
        await WriteAndKillAsync(cleanly: false);
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(LogFile())!).Where(file => !file.EndsWith(".log", StringComparison.Ordinal))) { File.Delete(file); }
        await using var broker = await StartAsync();
        Assert.Equal(Enumerable.Range(0, Records), await ReadAsync(broker));
    }

    public void Dispose() => _directory.Dispose();

    private static async Task AppendAsync(BrokerProcess broker, int number, long expectedOffset)
    {
        using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        var row = (await client.SendAsync<ProduceResponse>(ApiKey.Produce, 8, Requests.Produce("damaged", 0, Requests.Batch(1, number, valueBytes: 100)), Token)).Topics[0].Partitions[0];
        Assert.Equal((ErrorCode.None, expectedOffset), (row.Error, row.BaseOffset));
    }

    private static async Task<List<int>> ReadAsync(BrokerProcess broker)
    {
        using var client = await RawClient.ConnectAsync(broker.Bootstrap, Token);
        var fetched = await client.SendAsync<FetchResponse>(ApiKey.Fetch, 12, Requests.Fetch("damaged", 0, 0), Token);
        Assert.Equal(ErrorCode.None, fetched.Topics[0].Partitions[0].Error);
        return Requests.Records(fetched).ConvertAll(record => int.Parse(record.Key!.Value.Span, System.Globalization.CultureInfo.InvariantCulture));
    }

    private Task<BrokerProcess> StartAsync() => BrokerProcess.StartAsync(_directory.Path, 0, new BrokerProcessOptions(), Token);

    private async Task WriteAndKillAsync(bool cleanly)
    {
        await using var broker = await StartAsync();
        using (var cluster = new RawCluster(broker.Bootstrap)) { await cluster.CreateTopicAsync("damaged", 1, [], Token); }
        for (var n = 0; n < Records; n++) { await AppendAsync(broker, n, n); }
        if (cleanly) { Assert.Equal(0, await broker.StopAsync(TimeSpan.FromSeconds(30))); } else { await broker.KillAsync(); }
    }

    /// <summary>The topic's only segment: by far the largest file, because no other topic has records.</summary>
    private string LogFile() =>
        Directory.EnumerateFiles(_directory.Path, "*.log", SearchOption.AllDirectories).MaxBy(file => new FileInfo(file).Length) ?? throw new FileNotFoundException("no segment");

    private long BatchPosition(int batch)
    {
        var bytes = File.ReadAllBytes(LogFile());
        var position = 0;
        for (; batch > 0; batch--) { position += BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(position + BatchLayout.BatchLength)) + BatchLayout.LengthOverhead; }
        return position;
    }

    private void Flip(long at)
    {
        using var file = File.OpenHandle(LogFile(), FileMode.Open, FileAccess.ReadWrite);
        var one = new byte[1];
        RandomAccess.Read(file, one, at);
        one[0] ^= 0x20;
        RandomAccess.Write(file, one, at);
    }
}
