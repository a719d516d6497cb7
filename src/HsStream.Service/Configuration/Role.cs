namespace HsStream.Service.Configuration;

/// <summary>A part of the service that a process may run.</summary>
public enum Role
{
    /// <summary>Descriptions in, predictions out. Keeps nothing.</summary>
    Scorer,

    /// <summary>Every record into the ledger, and the ledger's model events out to <c>hs.models</c> and <c>hs.experiments</c>.</summary>
    Ledger,

    /// <summary>HTTP for people and for systems without a Kafka client.</summary>
    Console,
}

/// <summary>Reads the setting <c>Roles</c>.</summary>
public static class Roles
{
    public const string Key = "Roles";

    /// <summary>All roles of this release, as the setting writes them.</summary>
    public const string All = "scorer,ledger,console";

    private static readonly string[] Later = ["monitor", "trainer"];

    /// <param name="text">Names with commas between them, such as <c>scorer,ledger</c>.</param>
    /// <exception cref="ConfigurationException">No role, an unknown one, or one that this release does not have.</exception>
    public static IReadOnlySet<Role> Parse(string text)
    {
        var roles = new HashSet<Role>();
        foreach (var name in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Later.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw new ConfigurationException(Key, $"the role {name.ToLowerInvariant()} is not part of this release; expected roles among {All}");
            }

            // A number parses as an enumeration too, and is no name.
            if (!char.IsAsciiLetter(name[0]) || !Enum.TryParse<Role>(name, ignoreCase: true, out var role))
            {
                throw new ConfigurationException(Key, $"expected roles among {All}, got '{name}'");
            }

            roles.Add(role);
        }

        return roles.Count > 0 ? roles : throw new ConfigurationException(Key, $"expected at least one role among {All}, got none");
    }
}
