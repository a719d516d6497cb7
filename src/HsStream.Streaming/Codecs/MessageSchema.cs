using System.Collections.Concurrent;
using Avro;

namespace HsStream.Streaming.Codecs;

/// <summary>A schema of this build, from <c>schemas/</c>.</summary>
internal sealed class MessageSchema
{
    private static readonly ConcurrentDictionary<string, MessageSchema> Loaded = new();

    private MessageSchema(string text)
    {
        Text = text;
        Avro = (RecordSchema)AvroSchemas.Parse(text);
        Form = SchemaNormalization.ToParsingForm(Avro);
    }

    public string Text { get; }

    /// <summary>Without logical types: what counts is the bytes.</summary>
    public RecordSchema Avro { get; }

    public string FullName => Avro.Fullname;

    /// <summary>Avro's parsing canonical form: equal for schemas with the same bytes and names.</summary>
    public string Form { get; }

    /// <param name="name">Of the file, without its extension.</param>
    public static MessageSchema Load(string name) => Loaded.GetOrAdd(name, static key =>
    {
        var resource = $"schemas/{key}.avsc";
        using var stream = typeof(MessageSchema).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"Expected the resource {resource}.");
        using var reader = new StreamReader(stream);
        return new MessageSchema(reader.ReadToEnd());
    });
}
