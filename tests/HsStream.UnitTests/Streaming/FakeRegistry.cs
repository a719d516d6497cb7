using System.Net;
using System.Reflection;
using Confluent.SchemaRegistry;
using HsStream.Streaming;
using HsStream.Streaming.Codecs;
using Microsoft.Extensions.Logging.Abstractions;

namespace HsStream.UnitTests.Streaming;

/// <summary>A registry in memory: ids count from 1, and it can be told to fail.</summary>
public class FakeRegistry : DispatchProxy
{
    private readonly List<Schema> _schemas = [];

    /// <summary>Thrown by each question while it gives something.</summary>
    public Func<Exception?> Failure { get; set; } = () => null;

    public int Questions { get; private set; }

    public static (MessageCodecs Codecs, FakeRegistry Registry) Create(MessageLimits? limits = null)
    {
        var client = Create<ISchemaRegistryClient, FakeRegistry>();
        var settings = new KafkaSettings { RegistryMaxBackoff = TimeSpan.FromMilliseconds(20) };
        return (new MessageCodecs(client, settings, limits ?? new MessageLimits(), NullLoggerFactory.Instance, TimeProvider.System), (FakeRegistry)(object)client);
    }

    /// <returns>Its id.</returns>
    public int Add(string schema, SchemaType type = SchemaType.Avro)
    {
        var known = _schemas.FindIndex(one => one.SchemaString == schema);
        if (known >= 0) { return known + 1; }
        _schemas.Add(new Schema(schema, type));
        return _schemas.Count;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == nameof(IDisposable.Dispose)) { return null; }
        Questions++;
        if (Failure() is { } failure) { return Fail(targetMethod, failure); }
        return targetMethod.Name switch
        {
            nameof(ISchemaRegistryClient.RegisterSchemaAsync) => Task.FromResult(Add(((Schema)args![1]!).SchemaString)),
            nameof(ISchemaRegistryClient.GetSchemaAsync) when args![0] is int id && id >= 1 && id <= _schemas.Count => Task.FromResult(_schemas[id - 1]),
            nameof(ISchemaRegistryClient.GetSchemaAsync) => Task.FromException<Schema>(new SchemaRegistryException("Schema not found", HttpStatusCode.NotFound, 40403)),
            nameof(ISchemaRegistryClient.UpdateCompatibilityAsync) => Task.FromResult((Compatibility)args![0]!),
            _ => throw new NotSupportedException(targetMethod.Name),
        };
    }

    private static object Fail(MethodInfo method, Exception failure) =>
        typeof(Task).GetMethods().Single(one => one is { Name: nameof(Task.FromException), IsGenericMethod: true })
            .MakeGenericMethod(method.ReturnType.GetGenericArguments()[0]).Invoke(null, [failure])!;
}
