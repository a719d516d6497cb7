namespace HsStream.Embedded.Broker.Protocol;

/// <summary>What a configuration request is about; the values are Kafka's.</summary>
internal enum ConfigResource : sbyte
{
    Topic = 2,
    Broker = 4,
}

internal sealed class DescribeConfigsRequest : IWireStruct
{
    public List<Resource> Resources = [];
    public bool IncludeSynonyms;
    public bool IncludeDocumentation;

    public void Visit(Wire wire)
    {
        wire.Array(ref Resources);
        if (wire.Version >= 1) { wire.Bool(ref IncludeSynonyms); }
        if (wire.Version >= 3) { wire.Bool(ref IncludeDocumentation); }
    }

    internal sealed class Resource : IWireStruct
    {
        public sbyte Type;
        public string Name = string.Empty;

        /// <summary>Null for every key.</summary>
        public List<string>? Keys;

        public void Visit(Wire wire)
        {
            wire.Int8(ref Type);
            wire.String(ref Name);
            wire.NullableStringArray(ref Keys);
        }
    }
}

internal sealed class DescribeConfigsResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<Result> Results = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Array(ref Results);
    }

    internal sealed class Result : IWireStruct
    {
        public ErrorCode Error;
        public string? ErrorMessage;
        public sbyte Type;
        public string Name = string.Empty;
        public List<Config> Configs = [];

        public void Visit(Wire wire)
        {
            wire.Error(ref Error);
            wire.NullableString(ref ErrorMessage);
            wire.Int8(ref Type);
            wire.String(ref Name);
            wire.Array(ref Configs);
        }
    }

    internal sealed class Config : IWireStruct
    {
        public string Name = string.Empty;
        public string? Value;
        public bool ReadOnly;

        /// <summary>1 set on the topic, 4 set in the broker's configuration, 5 default.</summary>
        public sbyte Source = 5;
        public bool IsSensitive;
        public List<Synonym> Synonyms = [];

        /// <summary>1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password.</summary>
        public sbyte ConfigType;
        public string? Documentation;

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.NullableString(ref Value);
            wire.Bool(ref ReadOnly);
            wire.Int8(ref Source);
            wire.Bool(ref IsSensitive);
            wire.Array(ref Synonyms);
            if (wire.Version < 3) { return; }
            wire.Int8(ref ConfigType);
            wire.NullableString(ref Documentation);
        }
    }

    internal sealed class Synonym : IWireStruct
    {
        public string Name = string.Empty;
        public string? Value;
        public sbyte Source = 5;

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.NullableString(ref Value);
            wire.Int8(ref Source);
        }
    }
}

internal sealed class AlterConfigsRequest : IWireStruct
{
    public List<Resource> Resources = [];
    public bool ValidateOnly;

    public void Visit(Wire wire)
    {
        wire.Array(ref Resources);
        wire.Bool(ref ValidateOnly);
    }

    internal sealed class Resource : IWireStruct
    {
        public sbyte Type;
        public string Name = string.Empty;
        public List<CreateTopicsRequest.Config> Configs = [];

        public void Visit(Wire wire)
        {
            wire.Int8(ref Type);
            wire.String(ref Name);
            wire.Array(ref Configs);
        }
    }
}

internal sealed class IncrementalAlterConfigsRequest : IWireStruct
{
    public List<Resource> Resources = [];
    public bool ValidateOnly;

    public void Visit(Wire wire)
    {
        wire.Array(ref Resources);
        wire.Bool(ref ValidateOnly);
    }

    internal sealed class Resource : IWireStruct
    {
        public sbyte Type;
        public string Name = string.Empty;
        public List<Change> Configs = [];

        public void Visit(Wire wire)
        {
            wire.Int8(ref Type);
            wire.String(ref Name);
            wire.Array(ref Configs);
        }
    }

    internal sealed class Change : IWireStruct
    {
        public string Name = string.Empty;

        /// <summary>0 set, 1 delete, 2 append to a list, 3 subtract from a list.</summary>
        public sbyte Operation;
        public string? Value;

        public void Visit(Wire wire)
        {
            wire.String(ref Name);
            wire.Int8(ref Operation);
            wire.NullableString(ref Value);
        }
    }
}

/// <summary>Answer of AlterConfigs and IncrementalAlterConfigs.</summary>
internal sealed class AlterConfigsResponse : IWireStruct
{
    public int ThrottleTimeMs;
    public List<Result> Results = [];

    public void Visit(Wire wire)
    {
        wire.Int32(ref ThrottleTimeMs);
        wire.Array(ref Results);
    }

    internal sealed class Result : IWireStruct
    {
        public ErrorCode Error;
        public string? ErrorMessage;
        public sbyte Type;
        public string Name = string.Empty;

        public void Visit(Wire wire)
        {
            wire.Error(ref Error);
            wire.NullableString(ref ErrorMessage);
            wire.Int8(ref Type);
            wire.String(ref Name);
        }
    }
}
