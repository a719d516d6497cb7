using System.Net;
using HsStream.Scoring.Bundles;
using HsStream.Service.Configuration;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace HsStream.Service.Scoring.Models;

/// <summary>Fetches bundles from a console's <c>/v1/bundles</c>: retries with jitter, a circuit breaker and a time limit for each file.</summary>
internal sealed class BundleDownload : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _scratch;
    private readonly BundleLimits _limits;
    private readonly ResiliencePipeline _pipeline;

    /// <param name="scratch">Directory for files that are not verified yet; on the file system of the bundles.</param>
    public BundleDownload(HttpMessageHandler handler, ModelsOptions options, string scratch, BundleLimits limits, TimeProvider time)
    {
        // The pipeline limits each try; the client's own limit would cut a try that the pipeline still allows.
        _http = new HttpClient(handler) { BaseAddress = new Uri(options.Url.TrimEnd('/') + "/"), Timeout = Timeout.InfiniteTimeSpan };
        (_scratch, _limits) = (scratch, limits);
        var broken = new PredicateBuilder().Handle<HttpRequestException>(IsPassing).Handle<IOException>().Handle<TimeoutRejectedException>();
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = broken, MaxRetryAttempts = 3, Delay = TimeSpan.FromMilliseconds(200), BackoffType = DelayBackoffType.Exponential, UseJitter = true,
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = broken, FailureRatio = 0.5, MinimumThroughput = 8, SamplingDuration = TimeSpan.FromSeconds(30), BreakDuration = TimeSpan.FromSeconds(5),
            })
            .AddTimeout(options.DownloadTimeout)
            .Build();
    }

    /// <returns>A new directory with a bundle of this version that was verified; the caller deletes it.</returns>
    /// <exception cref="BundleException">The console has none, or what arrived is not it.</exception>
    /// <exception cref="HttpRequestException">The console cannot be reached.</exception>
    public async Task<string> FetchAsync(string version, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(_scratch, $".download.{Guid.NewGuid():n}");
        Directory.CreateDirectory(directory);
        try
        {
            await FetchFileAsync(version, Bundle.ManifestFile, directory, _limits.MaxManifestBytes, cancellationToken);
            var manifest = BundleReader.TryReadManifest(directory, _limits)
                ?? throw new BundleException(Source(version), Bundle.ManifestFile, "a manifest", "something else");
            if (manifest.ModelVersion != version) { throw new BundleException(Source(version), Bundle.ManifestFile, $"model_version {version}", manifest.ModelVersion); }
            foreach (var file in manifest.Files)
            {
                await FetchFileAsync(version, file.Name, directory, file.Size, cancellationToken);
            }

            BundleReader.Read(directory, _limits);
            return directory;
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    public void Dispose() => _http.Dispose();

    private static bool IsPassing(HttpRequestException e) => e.StatusCode is null or >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests;

    private async Task FetchFileAsync(string version, string name, string directory, long maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            await _pipeline.ExecuteAsync(
                async token =>
                {
                    using var response = await _http.GetAsync(Target(version, name), HttpCompletionOption.ResponseHeadersRead, token);
                    response.EnsureSuccessStatusCode();
                    await using var body = await response.Content.ReadAsStreamAsync(token);
                    await using var file = new FileStream(Path.Combine(directory, name), FileMode.Create, FileAccess.Write, FileShare.None);
                    await CopyAsync(body, file, version, name, maxBytes, token);
                },
                cancellationToken);
        }
        catch (HttpRequestException e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest)
        {
            throw new BundleException(Source(version), name, "a file", "none", e);
        }
        catch (Exception e) when (e is BrokenCircuitException or TimeoutRejectedException)
        {
            throw new HttpRequestException($"{_http.BaseAddress} does not answer: {e.Message}", e);
        }
    }

    private async Task CopyAsync(Stream body, FileStream file, string version, string name, long maxBytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[81_920];
        for (var total = 0L; ;)
        {
            var read = await body.ReadAsync(buffer, cancellationToken);
            if (read == 0) { return; }
            total += read;
            if (total > maxBytes) { throw new BundleException(Source(version), name, $"at most {maxBytes} bytes", "more"); }
            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private string Source(string version) => new Uri(_http.BaseAddress!, $"v1/bundles/{version}").ToString();

    private static string Target(string version, string name) => $"v1/bundles/{version}/{name}";
}
