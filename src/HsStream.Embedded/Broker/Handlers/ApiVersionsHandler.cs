using System.Text.RegularExpressions;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Handlers;

/// <summary>Tells a client which requests it may send, in which versions.</summary>
internal static partial class ApiVersionsHandler
{
    public static ApiVersionsResponse Handle(ApiVersionsRequest request, short version)
    {
        var validNames = version < 3 || (Name().IsMatch(request.ClientSoftwareName) && Name().IsMatch(request.ClientSoftwareVersion));
        return validNames ? Table(ErrorCode.None) : new ApiVersionsResponse { Error = ErrorCode.InvalidRequest };
    }

    /// <summary>The answer, in version 0, to a client newer than we are.</summary>
    public static ApiVersionsResponse Unsupported() => Table(ErrorCode.UnsupportedVersion);

    private static ApiVersionsResponse Table(ErrorCode error) => new()
    {
        Error = error,
        Apis = [.. ApiTable.All.Select(api => new ApiVersionsResponse.ApiRange
        {
            Key = (short)api.Key, MinVersion = api.MinAdvertised, MaxVersion = api.MaxVersion,
        })],
    };

    // KIP-511.
    [GeneratedRegex(@"\A[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?\z")]
    private static partial Regex Name();
}
