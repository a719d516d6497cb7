using System.Globalization;
using HsStream.Embedded.Broker.Catalog;
using HsStream.Embedded.Broker.Protocol;

namespace HsStream.Embedded.Broker.Handlers;

/// <summary>DescribeConfigs, AlterConfigs and IncrementalAlterConfigs, for topics and for this broker.</summary>
internal sealed class ConfigHandlers(TopicCatalog catalog, int nodeId)
{
    private enum Operation : sbyte
    {
        Set = 0,
        Delete = 1,
        Append = 2,
        Subtract = 3,
    }

    public DescribeConfigsResponse Describe(DescribeConfigsRequest request)
    {
        var response = new DescribeConfigsResponse();
        foreach (var resource in request.Resources)
        {
            var result = new DescribeConfigsResponse.Result { Type = resource.Type, Name = resource.Name };
            response.Results.Add(result);
            (result.Error, result.ErrorMessage, var entries) = Find((ConfigResource)resource.Type, resource.Name);
            if (entries is null) { continue; }
            var isTopic = (ConfigResource)resource.Type == ConfigResource.Topic;
            result.Configs.AddRange(entries
                .Where(entry => resource.Keys is not { Count: > 0 } keys || keys.Contains(entry.Name))
                .Select(entry => Row(entry, readOnly: !isTopic && entry.Definition.IsReadOnly, request)));
        }

        return response;
    }

    /// <summary>Replaces all explicit settings of each resource.</summary>
    public AlterConfigsResponse Replace(AlterConfigsRequest request) => ForEach(
        request.Resources.ConvertAll(resource => (resource.Type, resource.Name, resource.Configs)),
        config => (config.Name, Needs: true, config.Value),
        (kind, name, configs) => Apply(kind, name, _ => (configs.ToDictionary(config => config.Name, config => config.Value!), ErrorCode.None, null), request.ValidateOnly));

    public AlterConfigsResponse Change(IncrementalAlterConfigsRequest request) => ForEach(
        request.Resources.ConvertAll(resource => (resource.Type, resource.Name, resource.Configs)),
        change => (change.Name, Needs: (Operation)change.Operation != Operation.Delete, change.Value),
        (kind, name, changes) => Apply(kind, name, current => Changed(kind, current, changes), request.ValidateOnly));

    private static AlterConfigsResponse ForEach<T>(
        List<(sbyte Type, string Name, List<T> Configs)> resources,
        Func<T, (string Name, bool Needs, string? Value)> read,
        Func<ConfigResource, string, List<T>, (ErrorCode Error, string? Message)> apply)
    {
        var response = new AlterConfigsResponse();
        foreach (var same in resources.GroupBy(resource => (resource.Type, resource.Name)))
        {
            var result = new AlterConfigsResponse.Result { Type = same.Key.Type, Name = same.Key.Name };
            response.Results.Add(result);
            var configs = same.First().Configs;
            var rows = configs.ConvertAll(config => read(config));
            var nulls = rows.Where(row => row.Needs && row.Value is null).Select(row => row.Name).ToList();
            (result.Error, result.ErrorMessage) =
                same.Count() > 1 ? (ErrorCode.InvalidRequest, "Each resource must appear at most once.")
                : rows.DistinctBy(row => row.Name).Count() < rows.Count ? (ErrorCode.InvalidRequest, "Error due to duplicate config keys")
                : nulls.Count > 0 ? (ErrorCode.InvalidRequest, $"Null value not supported for : {string.Join(", ", nulls)}")
                : apply((ConfigResource)same.Key.Type, same.Key.Name, configs);
        }

        return response;
    }

    private (ErrorCode Error, string? Message) Apply(
        ConfigResource kind,
        string name,
        Func<IReadOnlyDictionary<string, string>, (Dictionary<string, string>? Settings, ErrorCode Error, string? Message)> next,
        bool validateOnly)
    {
        if (Find(kind, name) is { Entries: null } missing) { return (missing.Error, missing.Message); }
        if (kind == ConfigResource.Topic)
        {
            var topic = catalog.Find(name)!;
            var (settings, error, message) = next(topic.Config.Explicit);
            return settings is null ? (error, message) : catalog.SetConfigs(topic, settings, validateOnly);
        }

        var configs = catalog.BrokerConfigs;
        var (levelSettings, levelError, levelMessage) = next(name.Length == 0 ? configs.ClusterWide : configs.PerBroker);
        if (levelSettings is null) { return (levelError, levelMessage); }
        return name.Length == 0
            ? catalog.SetBrokerConfigs(configs.PerBroker, levelSettings, validateOnly)
            : catalog.SetBrokerConfigs(levelSettings, configs.ClusterWide, validateOnly);
    }

    private (Dictionary<string, string>? Settings, ErrorCode Error, string? Message) Changed(
        ConfigResource kind, IReadOnlyDictionary<string, string> current, List<IncrementalAlterConfigsRequest.Change> changes)
    {
        var settings = new Dictionary<string, string>(current);
        foreach (var change in changes)
        {
            switch ((Operation)change.Operation)
            {
                case Operation.Set:
                    settings[change.Name] = change.Value!;
                    break;
                case Operation.Delete:
                    settings.Remove(change.Name);
                    break;
                case Operation.Append or Operation.Subtract:
                    var definition = kind == ConfigResource.Topic ? TopicConfigDefinitions.Find(change.Name) : BrokerConfigDefinitions.Find(change.Name);
                    if (definition is not { Type: ConfigType.List })
                    {
                        var verb = (Operation)change.Operation == Operation.Append ? "APPEND" : "SUBTRACT";
                        return (null, ErrorCode.InvalidConfig, $"Can't {verb} to key {change.Name} because its type is not LIST.");
                    }

                    var effective = settings.GetValueOrDefault(change.Name)
                        ?? (kind == ConfigResource.Topic ? catalog.BrokerConfigs.TopicDefault(definition) : catalog.BrokerConfigs[change.Name] ?? string.Empty);
                    var elements = ConfigDefinition.SplitList(effective).ToList();
                    var named = ConfigDefinition.SplitList(change.Value!);
                    if ((Operation)change.Operation == Operation.Append) { elements.AddRange(named.Where(element => !elements.Contains(element))); }
                    else { elements.RemoveAll(named.Contains); }
                    settings[change.Name] = string.Join(',', elements);
                    break;
                default:
                    return (null, ErrorCode.InvalidRequest, $"Unknown operations type {change.Operation}");
            }
        }

        return (settings, ErrorCode.None, null);
    }

    private (ErrorCode Error, string? Message, IReadOnlyList<ConfigEntry>? Entries) Find(ConfigResource kind, string name)
    {
        switch (kind)
        {
            case ConfigResource.Topic:
                return catalog.Find(name) is { } topic ? (ErrorCode.None, null, topic.Config.Describe())
                    : TopicNames.Validate(name) is { } wrong ? (ErrorCode.InvalidTopicException, wrong, null)
                    : (ErrorCode.UnknownTopicOrPartition, $"There is no topic {name}.", null);
            case ConfigResource.Broker when name.Length == 0:
                return (ErrorCode.None, null, catalog.BrokerConfigs.DescribeClusterWide());
            case ConfigResource.Broker when !int.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id):
                return (ErrorCode.InvalidRequest, $"Node id must be an integer, but it is: {name}", null);
            case ConfigResource.Broker:
                return name == nodeId.ToString(CultureInfo.InvariantCulture)
                    ? (ErrorCode.None, null, catalog.BrokerConfigs.Describe())
                    : (ErrorCode.InvalidRequest, $"Unexpected broker id, expected {nodeId}, but received {name}", null);
            default:
                return (ErrorCode.InvalidRequest, $"Unsupported resource type: {(int)kind}", null);
        }
    }

    private static DescribeConfigsResponse.Config Row(ConfigEntry entry, bool readOnly, DescribeConfigsRequest request) => new()
    {
        Name = entry.Name,
        Value = entry.Value,
        ReadOnly = readOnly,
        Source = (sbyte)entry.Source,
        IsSensitive = entry.IsSensitive,
        ConfigType = (sbyte)entry.Definition.Type,
        Documentation = request.IncludeDocumentation ? entry.Definition.Documentation : null,
        Synonyms = !request.IncludeSynonyms ? [] : [.. entry.Synonyms.Select(synonym =>
            new DescribeConfigsResponse.Synonym { Name = synonym.Name, Value = synonym.Value, Source = (sbyte)synonym.Source })],
    };
}
