namespace HsStream.Training.Export;

/// <summary>A value that flows through a graph: an input, a constant, or what a node computes.</summary>
public sealed record GraphValue(string Name, ElementType Type, TensorShape Shape);
