using System.Globalization;
using HsStream.Chaos.Wire;

namespace HsStream.Chaos.Diff;

/// <summary>One of the two brokers while one script is played to it: its names, its ids, and what they are called in the comparison.</summary>
internal sealed class Side(string bootstrap, string prefix) : IDisposable
{
    private readonly Dictionary<string, string> _symbols = [];
    private readonly Dictionary<string, object> _values = [];

    public RawCluster Cluster { get; } = new(bootstrap);

    /// <summary>Answers awaited on lanes whose request was only sent.</summary>
    public Dictionary<string, Task<string>> Parked { get; } = [];

    public string Name(string name) => $"{prefix}.{name}";

    /// <summary>Keeps a value of an answer for later requests.</summary>
    public void Set(string variable, object value) => _values[variable] = value;

    public T Get<T>(string variable, T missing) => _values.TryGetValue(variable, out var value) ? (T)value : missing;

    /// <summary>The same name on both sides for an id that each broker made up itself.</summary>
    public string Symbol(string kind, string id)
    {
        if (id.Length == 0 || id == "-1") { return id; }
        if (!_symbols.TryGetValue($"{kind}{id}", out var symbol))
        {
            var number = _symbols.Values.Count(other => other.StartsWith(kind, StringComparison.Ordinal)) + 1;
            _symbols[$"{kind}{id}"] = symbol = kind + number.ToString(CultureInfo.InvariantCulture);
        }

        return symbol;
    }

    /// <summary>Text without this side's prefix.</summary>
    public string Plain(string text) => text.Replace(prefix + ".", string.Empty, StringComparison.Ordinal);

    public void Dispose() => Cluster.Dispose();
}
