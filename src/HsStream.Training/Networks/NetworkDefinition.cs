namespace HsStream.Training.Networks;

/// <summary>Every hyper-parameter of a network's form: channels, joined end to end, then hidden layers, then heads.</summary>
public sealed record NetworkDefinition
{
    /// <summary>At least one.</summary>
    public IReadOnlyList<ChannelDefinition> Channels { get; init; } = [new NgramChannelDefinition()];

    /// <summary>Hidden layers after the channels.</summary>
    public TrunkDefinition Trunk { get; init; } = new();

    public HeadDefinition Head { get; init; } = new();

    /// <exception cref="HyperParameterException">A value is out of range, or parts do not fit together.</exception>
    public void Validate()
    {
        HyperParameterException.RequireRange(Channels.Count, 1, 16, "channels");
        for (var i = 0; i < Channels.Count; i++) { Channels[i].Validate($"channels[{i}]"); }
        Trunk.Validate();
        Head.Validate();
        var isLinear = Channels.Any(channel => channel is NgramChannelDefinition { Width: null });
        HyperParameterException.Require(
            !isLinear || (Channels.Count == 1 && Trunk.Layers.Count == 0), "channels", "one alone, without a trunk, when it has a number for each label", Channels.Count);
    }

    /// <summary>UTF-8 JSON; equal definitions give equal bytes.</summary>
    public byte[] ToJson() => HyperParameterJson.Write(this);

    /// <exception cref="HyperParameterException">Not JSON of this form, an unknown member, or a value out of range.</exception>
    public static NetworkDefinition Parse(ReadOnlySpan<byte> json)
    {
        var read = HyperParameterJson.Read<NetworkDefinition>(json, "The network");
        read.Validate();
        return read;
    }
}

/// <summary>Layers of rectified units.</summary>
public sealed record TrunkDefinition
{
    /// <summary>Units of each layer. At most 8 layers of 1 to 4,096.</summary>
    public IReadOnlyList<int> Layers { get; init; } = [];

    /// <summary>Share of units left out before each layer in training. 0 to 0.9.</summary>
    public double Dropout { get; init; } = 0.2;

    /// <summary>Whether a layer as wide as what it reads adds to it instead of replacing it.</summary>
    public bool Residual { get; init; }

    internal void Validate()
    {
        HyperParameterException.Require(
            Layers.Count <= 8 && Layers.All(width => width is >= 1 and <= 4096), "trunk.layers", "at most 8 widths of 1 to 4096", string.Join(' ', Layers));
        HyperParameterException.RequireRange(Dropout, 0, 0.9, "trunk.dropout");
    }
}

/// <summary>From the joined vector to scores.</summary>
public sealed record HeadDefinition
{
    /// <summary>Share of the vector left out in training. 0 to 0.9.</summary>
    public double Dropout { get; init; } = 0.3;

    /// <summary>When above 0, the vector is scaled to this length first, so that scores depend on its direction alone. 0 to 100.</summary>
    public double Length { get; init; }

    /// <summary>Whether headings have scores of their own, for the loss.</summary>
    public bool Headings { get; init; } = true;

    /// <summary>Whether chapters have scores of their own, for the loss.</summary>
    public bool Chapters { get; init; }

    /// <summary>Whether a subheading's score is the sum of its own and those of its heading and chapter, so that rare ones learn from their relatives.</summary>
    public bool Additive { get; init; }

    internal void Validate()
    {
        HyperParameterException.RequireRange(Dropout, 0, 0.9, "head.dropout");
        HyperParameterException.RequireRange(Length, 0, 100, "head.length");
        HyperParameterException.Require(!Additive || Headings || Chapters, "head.additive", "false without headings and chapters", Additive);
    }
}
