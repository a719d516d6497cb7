using System.Globalization;

namespace HsStream.Chaos;

/// <summary>Arguments of a verb: plain ones in order, and <c>--name value</c> pairs.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _named = new(StringComparer.Ordinal);
    private readonly List<string> _plain = [];

    /// <exception cref="FormatException">An option is unknown or lacks its value.</exception>
    public Options(IReadOnlyList<string> args, params string[] known)
    {
        for (var i = 0; i < args.Count; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal)) { _plain.Add(args[i]); }
            else if (!known.Contains(args[i])) { throw new FormatException($"Unknown option {args[i]}; expected one of {string.Join(", ", known)}."); }
            else if (i + 1 == args.Count) { throw new FormatException($"{args[i]} lacks its value."); }
            else { _named[args[i]] = args[++i]; }
        }
    }

    public IReadOnlyList<string> Plain => _plain;

    public string? Text(string name) => _named.GetValueOrDefault(name);

    public int Number(string name, int missing) => _named.TryGetValue(name, out var text)
        ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"{name} expects a number, got '{text}'.")
        : missing;
}
