using System.ComponentModel;
using System.Runtime.InteropServices;

namespace HsStream.Embedded.Postgres;

/// <summary>The two POSIX calls that the framework does not offer.</summary>
internal static partial class NativeCalls
{
    /// <summary>PostgreSQL's fast shutdown: open sessions are cut, then a checkpoint.</summary>
    public const int SigInt = 2;

    /// <summary>PostgreSQL's immediate shutdown: no checkpoint, so the next start recovers.</summary>
    public const int SigQuit = 3;

    public const int SigKill = 9;

    /// <returns>False when there is no such process any more.</returns>
    public static bool Signal(int processId, int signal) => Kill(processId, signal) == 0;

    /// <summary>Changes the owner of a file or folder itself; a symbolic link is not followed.</summary>
    public static void ChangeOwner(string path, uint userId, uint groupId)
    {
        if (LChown(path, userId, groupId) != 0)
        {
            throw new IOException($"cannot give {path} to user {userId}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LChown(string path, uint userId, uint groupId);
}
