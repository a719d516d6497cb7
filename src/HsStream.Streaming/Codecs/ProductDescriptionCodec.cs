using HsStream.Domain.Messages;

namespace HsStream.Streaming.Codecs;

internal sealed class ProductDescriptionCodec(RegistrySchemas registry, MessageLimits limits)
    : MessageCodec<ProductDescription>(registry, MessageSchema.Load("ProductDescription"), limits)
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    public override string KeyOf(ProductDescription message) => message.DescriptionId;

    /// <summary>Another text under the same id is another event.</summary>
    public override string IdOf(ProductDescription message) => $"{message.DescriptionId}/{TextHash.Of(message.Text).AsSpan(7, 16)}";

    private protected override void Write(AvroWriter writer, ProductDescription message)
    {
        writer.WriteString(message.DescriptionId);
        writer.WriteString(message.Text);
        writer.WriteOptional(message.Source);
        writer.WriteOptional(message.DeclaredCode);
        writer.WriteOptional(message.DescribedAt);
        writer.WriteMap(message.Attributes);
    }

    private protected override ProductDescription Read(ref AvroReader reader)
    {
        var id = reader.ReadString();
        var text = reader.ReadString();
        var source = reader.ReadOptional();
        var declaredCode = reader.ReadOptional();
        long? describedAt = reader.ReadBranch(2) == 0 ? null : reader.ReadLong();
        var attributes = Attributes(ref reader);
        if (string.IsNullOrWhiteSpace(text)) { throw new RecordException(DeadLetterReasons.EmptyText, $"text: expected at least one character that is not blank, got {text.Length} blank ones"); }
        if (text.Length > Limits.MaxTextLength) { throw new RecordException(DeadLetterReasons.OversizeText, $"text: expected at most {Limits.MaxTextLength} characters, got {text.Length}"); }
        return new ProductDescription
        {
            DescriptionId = FieldRules.Id("description_id", id),
            Text = text,
            Source = FieldRules.OptionalText("source", source, Limits.MaxFieldLength),
            DeclaredCode = FieldRules.OptionalText("declared_code", declaredCode, Limits.MaxFieldLength),
            DescribedAt = describedAt is { } time ? FieldRules.Time("described_at", time) : null,
            Attributes = attributes,
        };
    }

    private IReadOnlyDictionary<string, string> Attributes(ref AvroReader reader)
    {
        Dictionary<string, string>? attributes = null;
        while (reader.ReadBlock(2) is var count and > 0)
        {
            attributes ??= new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < count; i++)
            {
                var name = FieldRules.Text("attributes", reader.ReadString(), Limits.MaxFieldLength);
                attributes[name] = FieldRules.Text("attributes", reader.ReadString(), Limits.MaxFieldLength);
                if (attributes.Count > Limits.MaxAttributes) { throw FieldRules.Invalid("attributes", $"at most {Limits.MaxAttributes}", "more"); }
            }
        }

        return attributes ?? None;
    }
}
