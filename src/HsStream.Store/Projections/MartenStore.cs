using HsStream.Store.Events;
using JasperFx.Events;
using JasperFx.Events.Daemon;
using Marten;
using Marten.Services.Json.Transformations;
using Npgsql;
using Weasel.Core;

namespace HsStream.Store.Projections;

/// <summary>Marten, set up to read what the writer writes: the same names, the same JSON.</summary>
internal static class MartenStore
{
    /// <param name="autoCreate">None but for making the tables: Marten would restore the foreign key that the ledger does without.</param>
    public static IDocumentStore Create(LedgerOptions options, NpgsqlDataSource source, EventCodec codec, JasperFx.AutoCreate autoCreate) => DocumentStore.For(marten =>
    {
        marten.Connection(source);
        marten.DatabaseSchemaName = options.Schema;
        marten.Events.DatabaseSchemaName = options.Schema;
        marten.Events.StreamIdentity = StreamIdentity.AsString;
        marten.AutoCreateSchemaObjects = autoCreate;
        // The constructor of Marten's serialiser drops the naming policy, and setting the casing brings it back.
        marten.Serializer(new Marten.Services.SystemTextJsonSerializer(LedgerJson.Options) { EnumStorage = EnumStorage.AsString, Casing = Casing.CamelCase });
        foreach (var (name, type) in EventTypes.ByName) { marten.Events.MapEventType(type, name); }
        foreach (var upcaster in codec.Upcasters) { marten.Events.Upcast(upcaster.EventType, upcaster.StoredName, Upcast(upcaster)); }
        LedgerProjections.Register(marten);

        // Nothing is started by this; without it Marten writes a warning to standard output.
        marten.Projections.AsyncMode = DaemonMode.Solo;
    });

    private static JsonTransformation Upcast(ILedgerUpcaster upcaster) => new((_, reader, index) =>
    {
        using var document = System.Text.Json.JsonDocument.Parse(reader.GetString(index));
        return upcaster.Upcast(document.RootElement);
    });
}
