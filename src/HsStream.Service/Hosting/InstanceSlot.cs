using System.Security.Cryptography;
using System.Text;

namespace HsStream.Service.Hosting;

/// <summary>A name for this process that a restarted one gets again: the machine's, and the lowest number that is free on it.</summary>
/// <remarks>The number is held by a lock of the operating system, which ends with the process, however that ends.</remarks>
internal sealed class InstanceSlot : IDisposable
{
    private const int Most = 1000;
    private readonly FileStream? _lock;

    private InstanceSlot(string name, FileStream? held) => (Name, _lock) = (name, held);

    public string Name { get; }

    /// <param name="given">Taken as it is when not empty.</param>
    /// <param name="scope">Processes with different scopes do not count together, such as those of two clusters.</param>
    /// <exception cref="IOException">Every number is held, or the directory for temporary files cannot be written.</exception>
    public static InstanceSlot Take(string given, string scope)
    {
        if (given.Length > 0) { return new InstanceSlot(given, null); }
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(scope)).AsSpan(0, 6));
        for (var number = 0; number < Most; number++)
        {
            var file = Path.Combine(Path.GetTempPath(), $"hsstream-{Environment.UserName}-{digest}-{number}.lock");
            try
            {
                return new InstanceSlot($"{Environment.MachineName}-{number}", new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (File.Exists(file))
            {
                // Another process has this number.
            }
        }

        throw new IOException($"Expected a free number below {Most} for a scorer of this machine, found none; set Scorer:InstanceId.");
    }

    public void Dispose() => _lock?.Dispose();
}
