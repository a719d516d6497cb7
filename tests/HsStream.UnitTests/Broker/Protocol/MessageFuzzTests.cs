using CsCheck;
using HsStream.Embedded.Broker.Protocol;
using HsStream.UnitTests.Broker.Simulation;
using Xunit;

namespace HsStream.UnitTests.Broker.Protocol;

public sealed class MessageFuzzTests
{
    [Fact]
    public void A_message_of_any_values_is_read_as_it_was_written() =>
        Gen.Select(Gen.Int[0, ApiTable.All.Count - 1], Gen.Int[0, 20], Gen.Bool, Gen.Int).Sample(
            (index, step, isRequest, seed) =>
            {
                var api = ApiTable.All[index];
                var version = (short)(api.MinServed + (step % (api.MaxVersion - api.MinServed + 1)));
                var message = MessageBody.Fill(isRequest ? api.NewRequest() : api.NewResponse(), new Random(seed));
                MakeWritable(message, api, version);
                var bytes = MessageBody.Write(message, api, version);
                var again = isRequest ? api.NewRequest() : api.NewResponse();
                MessageBody.Read(again, api, version, bytes);
                Assert.Equal(bytes, MessageBody.Write(again, api, version));
                var written = MessageBody.Leaves(message).ToHashSet();
                var untouched = MessageBody.Leaves(isRequest ? api.NewRequest() : api.NewResponse()).Select(leaf => leaf.Name).ToHashSet();
                Assert.All(MessageBody.Leaves(again), leaf => Assert.True(written.Contains(leaf) || untouched.Contains(leaf.Name) || IsInitial(leaf.Value), $"{api.Key} {version}: {leaf}"));
            },
            iter: Effort.Times(5_000));

    [Fact]
    public void Mutated_requests_are_read_or_refused_and_nothing_else() =>
        Gen.Select(Gen.Int[0, GoldenMessages.All.Count - 1], Gen.Int).Sample(
            (index, seed) =>
            {
                var golden = GoldenMessages.All[index];
                var random = new Random(seed);
                var body = Mutate(golden.Body, random);
                try
                {
                    golden.Read((short)random.Next(golden.First, golden.Last + 1), body);
                }
                catch (ProtocolException)
                {
                    // Refused: the other allowed outcome.
                }
            },
            iter: Effort.Times(100_000));

    [Fact]
    public void Mutated_frames_with_headers_are_read_or_refused_and_nothing_else() =>
        Gen.Select(Gen.Int[0, GoldenMessages.All.Count - 1], Gen.Int).Sample(
            (index, seed) =>
            {
                var golden = GoldenMessages.All[index];
                if (!golden.IsRequest) { return; }
                var random = new Random(seed);
                using var writer = new WireWriter();
                Frame.WriteRequest(writer, golden.Api, golden.Last, seed, "fuzz", golden.Read(golden.Last));
                var frame = Mutate(writer.Written.Span[4..].ToArray(), random);
                try
                {
                    var reader = new WireReader(frame);
                    if (Frame.TryReadRequestHeader(reader, out var header)) { Frame.ReadRequest(reader, header); }
                }
                catch (ProtocolException)
                {
                    // Refused: the other allowed outcome.
                }
            },
            iter: Effort.Times(100_000));

    [Fact]
    public void A_small_frame_cannot_ask_for_a_large_array()
    {
        // Metadata 9: an array of 2^28 topics in a frame of five bytes.
        Assert.Throws<ProtocolException>(() => MessageBody.Read(new MetadataRequest(), ApiTable.Get(ApiKey.Metadata), 9, (byte[])[0xFF, 0xFF, 0xFF, 0xFF, 0x00]));
        Assert.Throws<ProtocolException>(() => MessageBody.Read(new MetadataRequest(), ApiTable.Get(ApiKey.Metadata), 1, (byte[])[0x7F, 0xFF, 0xFF, 0xFF, 0x00]));
        Assert.Throws<ProtocolException>(() => MessageBody.Read(new MetadataRequest(), ApiTable.Get(ApiKey.Metadata), 1, (byte[])[0xFF, 0xFF, 0xFF, 0xFE, 0x00]));
    }

    private static byte[] Mutate(byte[] source, Random random)
    {
        var bytes = source.ToList();
        for (var left = random.Next(1, 5); left > 0; left--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(5))
            {
                case 0: bytes.Insert(at, (byte)random.Next(256)); break;
                case 1 when at < bytes.Count: bytes.RemoveAt(at); break;
                case 2 when at < bytes.Count: bytes[at] = (byte)(bytes[at] ^ (1 << random.Next(8))); break;
                case 3 when at < bytes.Count: bytes[at] = (byte)(random.Next(2) * 255); break;
                case 4: bytes.RemoveRange(at, Math.Min(random.Next(8), bytes.Count - at)); break;
                default: bytes.Add((byte)random.Next(256)); break;
            }
        }

        return [.. bytes];
    }

    /// <summary>A value that a message has before anything is read: of a field that this version lacks.</summary>
    private static bool IsInitial(string value) => value is "" or "0" or "-1" or "-2" or "null" or "true" or "false" or "classic" or "1" or "5"
        or "2147483647" or "-2147483648" or "00000000000000000000000000000000";

    /// <summary>Some messages cannot be written in every version with every value; the code that fills them knows, so the test must.</summary>
    private static void MakeWritable(IWireStruct message, ApiInfo api, short version)
    {
        switch (message)
        {
            case MetadataRequest request when version < 10:
                foreach (var topic in request.Topics ?? []) { topic.Name ??= "t"; }
                break;
            case OffsetFetchRequest { Groups.Count: not 1 } request when version < 8:
                request.Groups = [MessageBody.Fill(new OffsetFetchRequest.Group(), new Random(1))];
                break;
            case OffsetFetchResponse { Groups.Count: not 1 } response when version < 8:
                response.Groups = [MessageBody.Fill(new OffsetFetchResponse.Group(), new Random(1))];
                break;
        }
    }
}
