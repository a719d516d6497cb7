namespace HsStream.Training.Export;

/// <summary>A setting of a node: an integer, a float, a text, or a list of integers or texts.</summary>
internal readonly record struct GraphAttribute(string Name, object Value)
{
    // Numbers of the fields and of the kinds in AttributeProto.
    public void Write(ProtoWriter attribute)
    {
        attribute.String(1, Name);
        switch (Value)
        {
            case float value:
                attribute.Single(2, value);
                attribute.Int64(20, 1);
                break;
            case long value:
                attribute.Int64(3, value);
                attribute.Int64(20, 2);
                break;
            case string value:
                attribute.String(4, value);
                attribute.Int64(20, 3);
                break;
            case long[] values:
                attribute.Packed(8, values);
                attribute.Int64(20, 7);
                break;
            default:
                throw new ArgumentException($"{Name}: a {Value.GetType().Name} is no attribute.");
        }
    }
}

/// <summary>One operation of a graph, its inputs and outputs by name.</summary>
internal sealed record GraphNode(string Type, string[] Inputs, string[] Outputs, GraphAttribute[] Attributes, string Domain = "")
{
    public void Write(ProtoWriter node)
    {
        foreach (var input in Inputs) { node.String(1, input); }
        foreach (var output in Outputs) { node.String(2, output); }
        node.String(3, $"node_{Outputs[0]}");
        node.String(4, Type);
        if (Domain.Length > 0) { node.String(7, Domain); }
        foreach (var attribute in Attributes) { node.Message(5, attribute.Write); }
    }
}
