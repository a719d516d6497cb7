using System.Buffers.Binary;
using System.Text;

namespace HsStream.Training.Torch;

/// <summary>A symbol version that a shared library asks of another, one entry of its <c>.gnu.version_r</c>.</summary>
/// <param name="Library">The other library's name, for example <c>libstdc++.so.6</c>.</param>
/// <param name="Index">The number by which the symbol table refers to this version.</param>
/// <param name="FlagsOffset">Where the entry's 16 bits of flags lie in the file.</param>
internal sealed record RequiredSymbolVersion(string Library, string Version, ushort Index, bool IsWeak, int FlagsOffset);

/// <summary>Reads the symbol versions of a 64-bit little-endian ELF shared library.</summary>
/// <remarks>
/// Works from the dynamic segment, as the dynamic loader does, so it needs no section headers. Every offset is checked:
/// a damaged file throws <see cref="InvalidDataException"/>, nothing else.
/// Format: System V gABI chapter 5, and LSB Core Specification, "Symbol Versioning".
/// </remarks>
internal sealed class ElfImage
{
    /// <summary>Flag of a required version: its absence is no reason to refuse the library (glibc <c>VER_FLG_WEAK</c>).</summary>
    public const ushort WeakFlag = 0x2;

    private const int SymbolSize = 24;
    private const int MaxVersions = 10_000;
    private readonly ReadOnlyMemory<byte> _file;
    private readonly List<(ulong Address, ulong Offset, ulong Size)> _segments = [];
    private readonly Dictionary<ulong, ulong> _dynamic = [];

    private ElfImage(ReadOnlyMemory<byte> file) => _file = file;

    /// <summary>The versions this library asks of others, in file order.</summary>
    public IReadOnlyList<RequiredSymbolVersion> RequiredVersions { get; private set; } = [];

    /// <summary>The versions this library offers, its own name included.</summary>
    public IReadOnlyList<string> DefinedVersions { get; private set; } = [];

    /// <exception cref="InvalidDataException">Not an ELF library of this machine's kind, or damaged.</exception>
    public static ElfImage Parse(ReadOnlyMemory<byte> file)
    {
        var image = new ElfImage(file);
        image.ReadHeaders();
        image.RequiredVersions = image.ReadRequiredVersions();
        image.DefinedVersions = image.ReadDefinedVersions();
        return image;
    }

    /// <summary>Names of the symbols that this library imports under the version numbered <paramref name="index"/>.</summary>
    public IReadOnlyList<string> ImportedSymbols(ushort index)
    {
        if (!_dynamic.TryGetValue(Tag.GnuHash, out var hash) || !_dynamic.TryGetValue(Tag.VersionTable, out var versions)
            || !_dynamic.TryGetValue(Tag.Symbols, out var symbols))
        {
            throw new InvalidDataException("The library has no hash table, symbol table or version table.");
        }

        // The hash table starts with its bucket count and the index of the first symbol that it lists; imports come before that.
        var firstExport = U32(FileOffset(hash, 8) + 4);
        var names = new List<string>();
        for (var symbol = 1u; symbol < firstExport; symbol++)
        {
            // The top bit says "hidden".
            if ((U16(FileOffset(versions + (2UL * symbol), 2)) & 0x7fff) == index)
            {
                names.Add(Name(U32(FileOffset(symbols + (SymbolSize * (ulong)symbol), SymbolSize))));
            }
        }

        return names;
    }

    private void ReadHeaders()
    {
        ReadOnlySpan<byte> expected = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        if (_file.Length < 64 || !_file.Span[..6].SequenceEqual(expected))
        {
            throw new InvalidDataException("Expected a 64-bit little-endian ELF file.");
        }

        var headers = U64(32);
        var size = U16(54);
        var count = U16(56);
        if (size < 56) { throw new InvalidDataException($"Expected program headers of 56 bytes, got {size}."); }

        (ulong Offset, ulong Size) dynamic = default;
        for (var i = 0; i < count; i++)
        {
            var at = Checked(headers + ((ulong)i * size), 56);
            var segment = (Address: U64(at + 16), Offset: U64(at + 8), Size: U64(at + 32));
            switch (U32(at))
            {
                case 1: _segments.Add(segment); break;
                case 2: dynamic = (segment.Offset, segment.Size); break;
                default: break;
            }
        }

        if (dynamic.Size == 0) { throw new InvalidDataException("Expected a shared library, got a file without a dynamic segment."); }
        for (var offset = 0UL; offset + 16 <= dynamic.Size; offset += 16)
        {
            var at = Checked(dynamic.Offset + offset, 16);
            if (U64(at) == 0) { break; }
            _dynamic.TryAdd(U64(at), U64(at + 8));
        }
    }

    private List<RequiredSymbolVersion> ReadRequiredVersions()
    {
        var found = new List<RequiredSymbolVersion>();
        if (!_dynamic.TryGetValue(Tag.RequiredVersions, out var address)) { return found; }

        var libraries = _dynamic.GetValueOrDefault(Tag.RequiredVersionCount);
        var at = FileOffset(address, 16);
        for (var i = 0UL; i < libraries; i++)
        {
            var library = Name(U32(at + 4));
            var entry = Checked((ulong)at + U32(at + 8), 16);
            var entries = U16(at + 2);
            for (var j = 0; j < entries; j++)
            {
                found.Add(new RequiredSymbolVersion(
                    library, Name(U32(entry + 8)), U16(entry + 6), (U16(entry + 4) & WeakFlag) != 0, entry + 4));
                if (found.Count > MaxVersions) { throw new InvalidDataException($"Expected at most {MaxVersions} required versions."); }
                if (j + 1 < entries) { entry = Following(entry, U32(entry + 12), 16); }
            }

            if (i + 1 < libraries) { at = Following(at, U32(at + 12), 16); }
        }

        return found;
    }

    private List<string> ReadDefinedVersions()
    {
        var found = new List<string>();
        if (!_dynamic.TryGetValue(Tag.DefinedVersions, out var address)) { return found; }

        var count = _dynamic.GetValueOrDefault(Tag.DefinedVersionCount);
        var at = FileOffset(address, 20);
        for (var i = 0UL; i < count; i++)
        {
            found.Add(Name(U32(Checked((ulong)at + U32(at + 12), 8))));
            if (found.Count > MaxVersions) { throw new InvalidDataException($"Expected at most {MaxVersions} defined versions."); }
            if (i + 1 < count) { at = Following(at, U32(at + 16), 20); }
        }

        return found;
    }

    /// <summary>The next entry of a chain. Chains only go forward, so a damaged one ends too.</summary>
    private int Following(int at, uint distance, int size) => distance == 0
        ? throw new InvalidDataException("A version list ends before its count says so.")
        : Checked((ulong)at + distance, size);

    private string Name(uint offset)
    {
        var length = _dynamic.GetValueOrDefault(Tag.StringsSize);
        if (!_dynamic.TryGetValue(Tag.Strings, out var strings) || offset >= length)
        {
            throw new InvalidDataException("A name lies outside the string table.");
        }

        var text = _file.Span.Slice(FileOffset(strings + offset, checked((int)Math.Min(length - offset, int.MaxValue))), (int)(length - offset));
        var end = text.IndexOf((byte)0);
        return end < 0 ? throw new InvalidDataException("A name has no end.") : Encoding.UTF8.GetString(text[..end]);
    }

    private int FileOffset(ulong address, int size)
    {
        foreach (var (start, offset, length) in _segments)
        {
            if (address >= start && address - start < length && length - (address - start) >= (ulong)size)
            {
                return Checked(offset + (address - start), size);
            }
        }

        throw new InvalidDataException($"Address 0x{address:x} lies in no segment of the file.");
    }

    private int Checked(ulong offset, int size) => offset <= (ulong)_file.Length && (ulong)_file.Length - offset >= (ulong)size
        ? (int)offset
        : throw new InvalidDataException($"Expected {size} bytes at offset {offset} of a file of {_file.Length} bytes.");

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_file.Span[at..]);

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_file.Span[at..]);

    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_file.Span[at..]);

    private static class Tag
    {
        public const ulong Strings = 5;
        public const ulong Symbols = 6;
        public const ulong StringsSize = 10;
        public const ulong GnuHash = 0x6ffffef5;
        public const ulong VersionTable = 0x6ffffff0;
        public const ulong DefinedVersions = 0x6ffffffc;
        public const ulong DefinedVersionCount = 0x6ffffffd;
        public const ulong RequiredVersions = 0x6ffffffe;
        public const ulong RequiredVersionCount = 0x6fffffff;
    }
}
