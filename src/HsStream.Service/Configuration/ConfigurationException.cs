namespace HsStream.Service.Configuration;

/// <summary>A setting that stops the start: its key, what was expected and what arrived.</summary>
public sealed class ConfigurationException(string key, string detail, Exception? inner = null) : Exception($"{key}: {detail}", inner)
{
    /// <summary>Such as <c>Scorer:Workers</c>.</summary>
    public string Key { get; } = key;
}
