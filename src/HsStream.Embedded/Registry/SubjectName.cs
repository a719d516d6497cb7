namespace HsStream.Embedded.Registry;

/// <summary>Subjects of the form <c>:.context:name</c> live in a context, which has ids of its own.</summary>
internal static class SubjectName
{
    public const string DefaultContext = ".";

    /// <summary>Settings here apply where neither the subject nor its context has any.</summary>
    public const string GlobalContextKey = ":.__GLOBAL:";

    private const string AnyContext = ":*:";

    /// <summary>The default context may be written out; the name without it is the one that is stored.</summary>
    public static string Normalize(string subject)
    {
        var (context, name) = Split(subject);
        return context == DefaultContext ? name : $":{context}:{name}";
    }

    public static string ContextOf(string subject) => Split(subject).Context;

    /// <summary>True for the empty name and <c>:.:</c>, which stand for the whole default context.</summary>
    public static bool IsDefaultContext(string subject) => Split(subject) is (DefaultContext, "");

    /// <summary>Where settings of a subject's context are kept; null is the default context's place.</summary>
    public static string? ContextKey(string subject) =>
        ContextOf(subject) is var context && context == DefaultContext ? null : $":{context}:";

    /// <summary>A reference without a context means the context of the schema that refers.</summary>
    public static string Qualify(string parent, string subject) =>
        Split(subject) is (DefaultContext, var name) ? ContextKey(parent) + name : subject;

    /// <summary>Whether a setting kept under <paramref name="scope"/> (null: everywhere) covers the subject.</summary>
    public static bool IsWithin(string? scope, string subject) =>
        scope is null || scope == subject || scope == GlobalContextKey
        || (Split(scope) is (_, "") && ContextOf(scope) == ContextOf(subject));

    public static bool HasPrefix(string subject, string prefix)
    {
        var (context, name) = Split(subject);
        if (prefix.StartsWith(AnyContext, StringComparison.Ordinal))
        {
            return name.StartsWith(prefix[AnyContext.Length..], StringComparison.Ordinal);
        }
        return subject.StartsWith(Normalize(prefix), StringComparison.Ordinal)
            && (context == DefaultContext || prefix.StartsWith(":.", StringComparison.Ordinal));
    }

    public static bool IsValid(string subject, bool isSetting)
    {
        var (context, name) = Split(subject);
        return !subject.Any(char.IsControl) && name is not ("__GLOBAL" or "__EMPTY") && (isSetting || context != ".__GLOBAL");
    }

    private static (string Context, string Name) Split(string subject)
    {
        if (!subject.StartsWith(":.", StringComparison.Ordinal)) { return (DefaultContext, subject); }
        var end = subject.IndexOf(':', 2);
        return end < 0 ? (subject[1..], "") : (subject[1..end], subject[(end + 1)..]);
    }
}
