using System.CommandLine;

namespace HsStream.Cli.Models;

/// <summary><c>hsstream models ...</c>: the life of models in the running system; <c>hsstream model</c> is about their bundles.</summary>
internal static class ModelsVerbs
{
    public static Command Describe() => new("models", "See and change which models serve, with who and why recorded.")
    {
        ModelsListVerb.Describe(),
        ModelsShowVerb.Describe(),
        ModelsRegisterVerb.Describe(),
        ModelsOrderVerb.Describe("shadow", "Let a candidate score beside the champion; filing never sees what it says.", (models, version, mandate, token) => models.StartShadowAsync(version, mandate, token), "scores in shadow"),
        ModelsOrderVerb.Describe("promote", "Let a model serve; the champion of now is retired in the same moment.", (models, version, mandate, token) => models.PromoteAsync(version, mandate, token), "is champion"),
        ModelsOrderVerb.Describe("retire", "Take a model out of service.", (models, version, mandate, token) => models.RetireAsync(version, mandate, token), "is retired"),
        ModelsRollBackVerb.Describe(),
    };
}
