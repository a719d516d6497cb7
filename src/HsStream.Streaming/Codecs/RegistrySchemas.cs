using System.Collections.Concurrent;
using System.Net;
using Avro;
using Confluent.SchemaRegistry;
using HsStream.Domain.Messages;
using Microsoft.Extensions.Logging;
using Polly;
using RegisteredSchema = Confluent.SchemaRegistry.Schema;
using Schema = Avro.Schema;

namespace HsStream.Streaming.Codecs;

/// <summary>What the registry has said, kept for good; and the patience to ask it again while it is away. Thread-safe.</summary>
internal sealed class RegistrySchemas : IDisposable
{
    private const int SchemaNotFound = 40403;
    private const int SubjectNotFound = 40401;
    private const int MaxRefused = 10_000;

    // A replica of the registry may lag behind the one that registered.
    private static readonly TimeSpan[] Doubts = [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(500)];
    private static readonly TimeSpan RefusalLife = TimeSpan.FromMinutes(1);

    private readonly ISchemaRegistryClient _client;
    private readonly ResiliencePipeline _patience;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly bool _autoRegister;
    private readonly ConcurrentDictionary<(string Topic, MessageSchema Schema), int> _ids = new();
    private readonly ConcurrentDictionary<(int Id, MessageSchema Schema), WriterSchema> _writers = new();
    private readonly ConcurrentDictionary<(int Id, MessageSchema Schema), (RecordException Refusal, long At)> _refused = new();

    public RegistrySchemas(KafkaSettings settings, ILoggerFactory loggers, TimeProvider time)
        : this(Client(settings), settings, loggers, time)
    {
    }

    public RegistrySchemas(ISchemaRegistryClient client, KafkaSettings settings, ILoggerFactory loggers, TimeProvider time)
    {
        _client = client;
        _time = time;
        _autoRegister = settings.AutoRegisterSchemas;
        _logger = loggers.CreateLogger<RegistrySchemas>();
        _patience = RegistryPatience.Build(settings, _logger, time);
    }

    public bool TryGetId(string topic, MessageSchema schema, out int id) => _ids.TryGetValue((topic, schema), out id);

    /// <exception cref="SchemaRefusedException">It is not compatible with what is registered, or may not be registered.</exception>
    public async ValueTask<int> GetIdAsync(string topic, MessageSchema schema, CancellationToken cancellationToken)
    {
        var subject = Subject(topic);
        var text = new RegisteredSchema(schema.Text, SchemaType.Avro);
        try
        {
            var id = await AskAsync(() => _autoRegister ? _client.RegisterSchemaAsync(subject, text, normalize: false) : _client.GetSchemaIdAsync(subject, text, normalize: false), cancellationToken);
            _ids[(topic, schema)] = id;
            return id;
        }
        catch (SchemaRegistryException e)
        {
            throw new SchemaRefusedException($"The schema registry refuses {schema.FullName} under {subject}: {e.Message}", e);
        }
    }

    public bool TryGetWriter(int id, MessageSchema schema, out WriterSchema writer) => _writers.TryGetValue((id, schema), out writer!);

    /// <exception cref="RecordException">The registry has no such schema, as it has said repeatedly, or it cannot be read as ours.</exception>
    public async ValueTask<WriterSchema> GetWriterAsync(string topic, int id, MessageSchema schema, CancellationToken cancellationToken)
    {
        if (_refused.TryGetValue((id, schema), out var known) && _time.GetElapsedTime(known.At) < RefusalLife) { throw Again(known.Refusal); }
        try
        {
            var writer = WriterSchema.Of(await ParseAsync(await FindAsync(topic, id, cancellationToken), 0, cancellationToken), schema);
            _refused.TryRemove((id, schema), out _);
            return _writers[(id, schema)] = writer;
        }
        catch (RecordException e)
        {
            if (_refused.Count >= MaxRefused) { _refused.Clear(); }
            _refused[(id, schema)] = (e, _time.GetTimestamp());
            throw;
        }
    }

    /// <summary>Has the subject accept only what all earlier versions can read and be read by.</summary>
    /// <remarks>A registry that does not let us is left as it is, with a warning: its own rule holds then.</remarks>
    public Task RequireCompatibilityAsync(string topic, CancellationToken cancellationToken) => AskAsync(
        async () =>
        {
            try
            {
                return await _client.UpdateCompatibilityAsync(Compatibility.FullTransitive, Subject(topic));
            }
            catch (SchemaRegistryException e) when (e.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
            {
                _logger.CompatibilityNotSet(Subject(topic), e.Message);
                return Compatibility.None;
            }
        },
        cancellationToken);

    public void Dispose() => _client.Dispose();

    internal static string Subject(string topic) => topic + "-value";

    private static CachedSchemaRegistryClient Client(KafkaSettings settings)
    {
        var config = new SchemaRegistryConfig
        {
            Url = settings.SchemaRegistryUrl,
            RequestTimeoutMs = (int)settings.RegistryTimeout.TotalMilliseconds,
            // Retried in one place only: RegistryPatience. With 0 the client asks nobody and fails with a NullReferenceException.
            MaxRetries = 1,
        };
        foreach (var (name, value) in settings.RegistryProperties) { config.Set(name, value); }
        return new CachedSchemaRegistryClient(config);
    }

    private static RecordException Again(RecordException refusal) => new(refusal.Reason, refusal.Detail);

    private async Task<RegisteredSchema> FindAsync(string topic, int id, CancellationToken cancellationToken)
    {
        for (var doubt = 0; ; doubt++)
        {
            try
            {
                return await AskAsync(() => _client.GetSchemaAsync(id), cancellationToken);
            }
            catch (SchemaRegistryException e)
            {
                if (doubt == Doubts.Length)
                {
                    throw new RecordException(DeadLetterReasons.UnknownSchema, $"expected a schema id that is registered for {topic}, got {id}", e);
                }

                await Task.Delay(Doubts[doubt], _time, cancellationToken);
            }
        }
    }

    private async Task<Schema> ParseAsync(RegisteredSchema schema, int depth, CancellationToken cancellationToken)
    {
        if (schema.SchemaType != SchemaType.Avro) { throw new RecordException(DeadLetterReasons.WrongSchema, $"expected an Avro schema, got {schema.SchemaType}"); }
        var names = new SchemaNames();
        await AddReferencesAsync(schema, names, depth, cancellationToken);
        try
        {
            return AvroSchemas.Parse(schema.SchemaString, names);
        }
        catch (AvroException e)
        {
            throw new RecordException(DeadLetterReasons.WrongSchema, $"expected a schema that Avro can parse: {e.Message}", e);
        }
    }

    private async Task AddReferencesAsync(RegisteredSchema schema, SchemaNames names, int depth, CancellationToken cancellationToken)
    {
        const int maxDepth = 16;
        if (depth > maxDepth) { throw new RecordException(DeadLetterReasons.WrongSchema, $"expected at most {maxDepth} levels of references"); }
        foreach (var reference in schema.References ?? [])
        {
            try
            {
                var referred = await AskAsync(() => _client.GetRegisteredSchemaAsync(reference.Subject, reference.Version), cancellationToken);
                await AddReferencesAsync(referred, names, depth + 1, cancellationToken);
                _ = AvroSchemas.Parse(referred.SchemaString, names);
            }
            catch (SchemaRegistryException e)
            {
                throw new RecordException(DeadLetterReasons.WrongSchema, $"expected the reference {reference.Subject} version {reference.Version} in the registry: {e.Message}", e);
            }
            catch (AvroException e)
            {
                throw new RecordException(DeadLetterReasons.WrongSchema, $"expected a reference that Avro can parse: {e.Message}", e);
            }
        }
    }

    /// <summary>Asks until there is an answer; what the registry refuses for good is an answer.</summary>
    private async Task<TAnswer> AskAsync<TAnswer>(Func<Task<TAnswer>> question, CancellationToken cancellationToken) =>
        await _patience.ExecuteAsync(async token => await question().WaitAsync(token), cancellationToken);

    /// <summary>True when asking again will bring the same answer.</summary>
    internal static bool IsFinal(Exception e) =>
        e is SchemaRegistryException { ErrorCode: SchemaNotFound or SubjectNotFound }
        || e is SchemaRegistryException { Status: HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity };
}
