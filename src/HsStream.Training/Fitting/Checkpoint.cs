using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>The state of a run in a file: replaced as a whole, sealed by a hash, and only ever read by the run that wrote it.</summary>
/// <remarks>A magic text, the run's fingerprint, then each part with its name and length, then SHA-256 over everything before.</remarks>
internal static class Checkpoint
{
    private const string Magic = "hsstream training 1\n";

    /// <param name="fingerprint">Names the run: its options, data and seed.</param>
    /// <param name="visit">Goes over the state; the numbers are read while it does.</param>
    public static void Write(string path, byte[] fingerprint, Action<IStateVisitor> visit)
    {
        var unfinished = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var file = File.Create(unfinished))
            using (var hash = SHA256.Create())
            {
                using (var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true))
                using (var writer = new BinaryWriter(hashed, Encoding.UTF8))
                {
                    writer.Write(Encoding.ASCII.GetBytes(Magic));
                    writer.Write(fingerprint);
                    visit(new Saver(writer));
                }

                file.Write(hash.Hash!);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <exception cref="CheckpointException">The file is of another run, or damaged.</exception>
    public static void Read(string path, byte[] fingerprint, Action<IStateVisitor> visit)
    {
        using var file = File.OpenRead(path);
        var expected = new byte[SHA256.HashSizeInBytes];
        if (file.Length < Magic.Length + fingerprint.Length + expected.Length) { throw new CheckpointException($"{path} is too short for a checkpoint."); }
        file.Seek(-expected.Length, SeekOrigin.End);
        file.ReadExactly(expected);

        // The hash first: no part is taken over from a file that is damaged anywhere.
        file.Position = 0;
        var body = file.Length - expected.Length;
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            var buffer = new byte[1 << 16];
            for (var left = body; left > 0;)
            {
                var read = file.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
                hash.AppendData(buffer, 0, read);
                left -= read;
            }

            if (!hash.GetHashAndReset().AsSpan().SequenceEqual(expected)) { throw new CheckpointException($"{path} is damaged: its hash does not match."); }
        }

        file.Position = 0;
        using var reader = new BinaryReader(file, Encoding.UTF8, leaveOpen: true);
        if (Encoding.ASCII.GetString(reader.ReadBytes(Magic.Length)) != Magic) { throw new CheckpointException($"{path} is no checkpoint of this version."); }
        if (!reader.ReadBytes(fingerprint.Length).AsSpan().SequenceEqual(fingerprint))
        {
            throw new CheckpointException($"{path} belongs to another run: options, data or seed differ. Remove it to start anew.");
        }

        visit(new Loader(reader, path));
    }

    private sealed class Saver(BinaryWriter writer) : IStateVisitor
    {
        public int Number(string name, int value)
        {
            writer.Write(value);
            return value;
        }

        public long Number(string name, long value)
        {
            writer.Write(value);
            return value;
        }

        public double Number(string name, double value)
        {
            writer.Write(value);
            return value;
        }

        public void Floats(string name, float[] values) => Bytes(name, MemoryMarshal.AsBytes(values.AsSpan()), values.Length);

        public void Longs(string name, long[] values) => Bytes(name, MemoryMarshal.AsBytes(values.AsSpan()), values.Length);

        public void Parameter(string name, DenseParameter parameter) => Floats($"{name} {parameter.Name}", parameter.ToArray());

        private void Bytes(string name, ReadOnlySpan<byte> bytes, int length)
        {
            writer.Write(name);
            writer.Write(length);
            writer.Write(bytes);
        }
    }

    private sealed class Loader(BinaryReader reader, string path) : IStateVisitor
    {
        public int Number(string name, int value) => reader.ReadInt32();

        public long Number(string name, long value) => reader.ReadInt64();

        public double Number(string name, double value) => reader.ReadDouble();

        public void Floats(string name, float[] values) => Bytes(name, MemoryMarshal.AsBytes(values.AsSpan()), values.Length);

        public void Longs(string name, long[] values) => Bytes(name, MemoryMarshal.AsBytes(values.AsSpan()), values.Length);

        public void Parameter(string name, DenseParameter parameter)
        {
            var values = new float[parameter.Value.numel()];
            Floats($"{name} {parameter.Name}", values);
            parameter.Set(values);
        }

        private void Bytes(string name, Span<byte> bytes, int length)
        {
            var (found, count) = (reader.ReadString(), reader.ReadInt32());
            if (found != name || count != length) { throw new CheckpointException($"{path} holds {found} of {count} values where {name} of {length} was expected."); }
            reader.BaseStream.ReadExactly(bytes);
        }
    }
}
