using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace HsStream.Benchmarks.Broker;

/// <summary>What this machine can do at best, without a broker: measured in the same run, on the same disk.</summary>
internal static class Floors
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Megabytes a second of 1 MiB writes, each followed by an fsync when asked.</summary>
    public static double FileWrite(string directory, bool isDurable, TimeSpan duration)
    {
        var path = Path.Combine(directory, "floor");
        var chunk = new byte[ChunkBytes];
        Random.Shared.NextBytes(chunk);
        var written = 0L;
        var watch = Stopwatch.StartNew();
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            // A gigabyte at most, so that the page cache does not become the disk.
            while (watch.Elapsed < duration && written < 1L << 30)
            {
                RandomAccess.Write(file, chunk, written);
                if (isDurable) { RandomAccess.FlushToDisk(file); }
                written += chunk.Length;
            }
        }

        var rate = written / 1e6 / watch.Elapsed.TotalSeconds;
        File.Delete(path);
        return rate;
    }

    /// <summary>Milliseconds of a small write with its fsync.</summary>
    public static Latency SmallFlush(string directory, bool isDurable, int count)
    {
        var path = Path.Combine(directory, "floor");
        var record = new byte[200];
        var samples = new double[count];
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            for (var n = 0; n < count; n++)
            {
                var start = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, record, n * (long)record.Length);
                if (isDurable) { RandomAccess.FlushToDisk(file); }
                samples[n] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        File.Delete(path);
        return Latency.Of(samples);
    }

    /// <summary>Megabytes a second through a loopback connection, read and thrown away.</summary>
    public static async Task<double> LoopbackCopyAsync(TimeSpan duration)
    {
        var (client, server) = await PairAsync();
        using (client)
        using (server)
        {
            var chunk = new byte[ChunkBytes];
            var reading = Task.Run(async () =>
            {
                var buffer = new byte[ChunkBytes];
                while (await server.ReceiveAsync(buffer) > 0)
                {
                }
            });
            var sent = 0L;
            var watch = Stopwatch.StartNew();
            while (watch.Elapsed < duration)
            {
                sent += await client.SendAsync(chunk);
            }

            client.Shutdown(SocketShutdown.Send);
            await reading;
            return sent / 1e6 / watch.Elapsed.TotalSeconds;
        }
    }

    /// <summary>Milliseconds of a 200-byte request and a 60-byte answer over loopback.</summary>
    public static async Task<Latency> LoopbackRoundTripAsync(int count)
    {
        var (client, server) = await PairAsync();
        using (client)
        using (server)
        {
            var echoing = Task.Run(async () =>
            {
                var buffer = new byte[200];
                while (true)
                {
                    var received = 0;
                    while (received < buffer.Length)
                    {
                        var read = await server.ReceiveAsync(buffer.AsMemory(received));
                        if (read == 0) { return; }
                        received += read;
                    }

                    await server.SendAsync(buffer.AsMemory(0, 60));
                }
            });
            var request = new byte[200];
            var answer = new byte[60];
            var samples = new double[count];
            for (var n = 0; n < count; n++)
            {
                var start = Stopwatch.GetTimestamp();
                await client.SendAsync(request);
                var received = 0;
                while (received < answer.Length) { received += await client.ReceiveAsync(answer.AsMemory(received)); }
                samples[n] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            client.Shutdown(SocketShutdown.Send);
            await echoing;
            return Latency.Of(samples);
        }
    }

    private static async Task<(Socket Client, Socket Server)> PairAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndpoint);
        var server = await listener.AcceptSocketAsync();
        server.NoDelay = true;
        return (client, server);
    }
}
