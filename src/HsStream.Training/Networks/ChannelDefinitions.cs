using System.Text.Json.Serialization;

namespace HsStream.Training.Networks;

/// <summary>One way from a text's features to a vector. A network joins the vectors of its channels.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NgramChannelDefinition), "ngrams")]
[JsonDerivedType(typeof(ConvolutionChannelDefinition), "convolution")]
[JsonDerivedType(typeof(RecurrentChannelDefinition), "recurrent")]
[JsonDerivedType(typeof(TransformerChannelDefinition), "transformer")]
public abstract record ChannelDefinition
{
    /// <param name="name">How messages call this channel.</param>
    /// <exception cref="HyperParameterException">A value is out of range.</exception>
    public abstract void Validate(string name);
}

/// <summary>The weighted sum of the vectors of a text's hashed n-grams.</summary>
public sealed record NgramChannelDefinition : ChannelDefinition
{
    /// <summary>Rows of the table; null takes as many as the encoder has ids. Fewer make ids share rows. 16 to 8,388,608.</summary>
    public int? Rows { get; init; }

    /// <summary>Length of a vector. 1 to 4,096; null takes one number for each label, which is a linear model.</summary>
    public int? Width { get; init; } = 128;

    /// <summary>Share of a text's n-grams left out in each step of training. 0 to 0.9.</summary>
    public double FeatureDropout { get; init; } = 0.3;

    /// <summary>First values have standard deviation gain / √width. 0 to 10.</summary>
    public double Gain { get; init; } = 1;

    public override void Validate(string name)
    {
        HyperParameterException.RequireRange(Rows ?? 16, 16, 1 << 23, $"{name}.rows");
        HyperParameterException.RequireRange(Width ?? 1, 1, 4096, $"{name}.width");
        HyperParameterException.RequireRange(FeatureDropout, 0, 0.9, $"{name}.feature_dropout");
        HyperParameterException.RequireRange(Gain, 0, 10, $"{name}.gain");
    }
}

/// <summary>Convolutions over the token vectors and the maximum of each filter over the text (Kim 2014).</summary>
public sealed record ConvolutionChannelDefinition : ChannelDefinition
{
    /// <summary>Length of a token's vector. 1 to 1,024.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Tokens that each filter sees: 1 to 8 different sizes of 1 to 9.</summary>
    public IReadOnlyList<int> Kernels { get; init; } = [2, 3, 4];

    /// <summary>Filters of each size. 1 to 1,024.</summary>
    public int Filters { get; init; } = 128;

    /// <summary>Share of the token vectors' numbers left out in training. 0 to 0.9.</summary>
    public double Dropout { get; init; } = 0.2;

    public override void Validate(string name)
    {
        HyperParameterException.RequireRange(Width, 1, 1024, $"{name}.width");
        HyperParameterException.RequireRange(Filters, 1, 1024, $"{name}.filters");
        HyperParameterException.RequireRange(Dropout, 0, 0.9, $"{name}.dropout");
        HyperParameterException.Require(
            Kernels.Count is >= 1 and <= 8 && Kernels.All(k => k is >= 1 and <= 9) && Kernels.Distinct().Count() == Kernels.Count,
            $"{name}.kernels", "1 to 8 different sizes of 1 to 9", string.Join(' ', Kernels));
    }
}

[JsonConverter(typeof(JsonStringEnumConverter<RecurrentCell>))]
public enum RecurrentCell
{
    Lstm,
    Gru,
}

/// <summary>A recurrent layer over the token vectors and the maximum of each hidden unit over the text.</summary>
public sealed record RecurrentChannelDefinition : ChannelDefinition
{
    public RecurrentCell Cell { get; init; } = RecurrentCell.Lstm;

    /// <summary>Whether a second layer reads the text from its end.</summary>
    public bool Bidirectional { get; init; }

    /// <summary>Length of a token's vector. 1 to 1,024.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Units of each direction. 1 to 1,024.</summary>
    public int Hidden { get; init; } = 128;

    /// <summary>Share of the token vectors' numbers left out in training. 0 to 0.9.</summary>
    public double Dropout { get; init; } = 0.2;

    public override void Validate(string name)
    {
        HyperParameterException.RequireRange(Width, 1, 1024, $"{name}.width");
        HyperParameterException.RequireRange(Hidden, 1, 1024, $"{name}.hidden");
        HyperParameterException.RequireRange(Dropout, 0, 0.9, $"{name}.dropout");
    }
}

/// <summary>Encoder layers of a transformer with normalisation before each part (Xiong et al. 2020), and the mean over the text.</summary>
public sealed record TransformerChannelDefinition : ChannelDefinition
{
    /// <summary>Length of a token's vector, a multiple of the heads. 1 to 1,024.</summary>
    public int Width { get; init; } = 128;

    /// <summary>1 to 16.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>1 to 12.</summary>
    public int Layers { get; init; } = 2;

    /// <summary>Units between the two maps of a feed-forward part. 1 to 4,096.</summary>
    public int FeedForward { get; init; } = 256;

    /// <summary>Share of numbers left out after each part in training. 0 to 0.9.</summary>
    public double Dropout { get; init; } = 0.1;

    public override void Validate(string name)
    {
        HyperParameterException.RequireRange(Width, 1, 1024, $"{name}.width");
        HyperParameterException.RequireRange(Heads, 1, 16, $"{name}.heads");
        HyperParameterException.Require(Width % Heads == 0, $"{name}.width", $"a multiple of the {Heads} heads", Width);
        HyperParameterException.RequireRange(Layers, 1, 12, $"{name}.layers");
        HyperParameterException.RequireRange(FeedForward, 1, 4096, $"{name}.feed_forward");
        HyperParameterException.RequireRange(Dropout, 0, 0.9, $"{name}.dropout");
    }
}
