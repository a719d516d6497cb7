namespace HsStream.Service.Console;

/// <summary>Why a request, or a line of one, is not taken.</summary>
/// <param name="Field">JSON member, header or part of the address that is at fault.</param>
/// <param name="Expected">The rule.</param>
/// <param name="Arrived">What came instead; never a description's text.</param>
internal sealed record Refusal(string Field, string Expected, string Arrived, int Status = StatusCodes.Status400BadRequest)
{
    public string Detail => $"{Field}: expected {Expected}, got {Arrived}.";

    /// <summary>Text as it can be shown: in quotes, short, without control characters.</summary>
    public static string Show(string text)
    {
        const int Longest = 60;
        var part = text.Length <= Longest ? text : text[..Longest];
        var clean = string.Concat(part.Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '?' : letter));
        return text.Length <= Longest ? $"'{clean}'" : $"'{clean}…' of {text.Length} characters";
    }
}
