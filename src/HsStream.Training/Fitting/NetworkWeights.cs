using HsStream.Training.Networks;

namespace HsStream.Training.Fitting;

/// <summary>A copy of all weights of a network.</summary>
internal sealed class NetworkWeights
{
    private NetworkWeights(float[][] values) => Values = values;

    /// <summary>Tables first, then dense parameters, in the network's order.</summary>
    public float[][] Values { get; }

    public static NetworkWeights Of(INetwork network) =>
        new([.. network.Tables.Select(table => (float[])table.Values.Clone()), .. network.Parameters.Select(parameter => parameter.ToArray())]);

    public void CopyTo(INetwork network)
    {
        for (var i = 0; i < network.Tables.Count; i++) { Values[i].CopyTo(network.Tables[i].Values, 0); }
        for (var i = 0; i < network.Parameters.Count; i++) { network.Parameters[i].Set(Values[network.Tables.Count + i]); }
    }
}
