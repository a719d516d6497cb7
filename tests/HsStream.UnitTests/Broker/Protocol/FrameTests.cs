using HsStream.Embedded.Broker.Protocol;
using Xunit;

namespace HsStream.UnitTests.Broker.Protocol;

/// <summary>Headers, byte by byte as the protocol guide lays them out.</summary>
public sealed class FrameTests
{
    [Fact]
    public void A_classic_request_header_is_key_version_correlation_and_client_id() =>
        Assert.Equal(
            "00000018" + "000C" + "0003" + "01020304" + "0002" + "6331" + "0001" + "67" + "00000007" + "0001" + "6D" + "FFFF", Written(ApiKey.Heartbeat, 3));

    [Fact]
    public void A_flexible_request_header_keeps_the_classic_client_id_and_adds_tags() =>
        Assert.Equal(
            "00000017" + "000C" + "0004" + "01020304" + "0002" + "6331" + "00" + "02" + "67" + "00000007" + "02" + "6D" + "00" + "00", Written(ApiKey.Heartbeat, 4));

    [Fact]
    public void A_flexible_response_header_ends_with_tags() =>
        Assert.Equal("0000000C" + "01020304" + "00" + "00000000" + "0000" + "00", Answered(ApiKey.Heartbeat, 4, new HeartbeatResponse()));

    [Fact]
    public void An_ApiVersions_response_header_never_has_tags() =>
        Assert.Equal("0000000C" + "01020304" + "0023" + "01" + "00000000" + "00", Answered(ApiKey.ApiVersions, 3, new ApiVersionsResponse { Error = ErrorCode.UnsupportedVersion }));

    [Theory]
    [InlineData(12, 5)]
    [InlineData(12, -1)]
    [InlineData(0, 2)]
    [InlineData(4, 0)]
    [InlineData(-1, 0)]
    [InlineData(32767, 0)]
    public void A_key_or_version_that_is_not_served_is_recognised_before_the_rest_is_read(short key, short version)
    {
        var frame = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt16BigEndian(frame, key);
        System.Buffers.Binary.BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(2), version);
        frame[7] = 9;
        Assert.False(Frame.TryReadRequestHeader(new WireReader(frame), out var header));
        Assert.Equal((version, 9), (header.Version, header.CorrelationId));
    }

    private static string Written(ApiKey key, short version)
    {
        using var writer = new WireWriter();
        Frame.WriteRequest(writer, ApiTable.Get(key), version, 0x01020304, "c1", new HeartbeatRequest { GroupId = "g", GenerationId = 7, MemberId = "m" });
        return Convert.ToHexString(writer.Written.Span);
    }

    private static string Answered(ApiKey key, short version, IWireStruct response)
    {
        using var writer = new WireWriter();
        Frame.WriteResponse(writer, ApiTable.Get(key), version, 0x01020304, response);
        return Convert.ToHexString(writer.Written.Span);
    }
}
