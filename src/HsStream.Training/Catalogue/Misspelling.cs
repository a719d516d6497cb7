using System.Text;

namespace HsStream.Training.Catalogue;

/// <summary>Slips of hurried typing, one a call.</summary>
internal static class Misspelling
{
    private const string Rows = "qwertyuiop asdfghjkl zxcvbnm";

    /// <summary>Appends the word with one slip: letters changed over, one left out, doubled, or hit beside its key.</summary>
    public static void Append(StringBuilder text, string word, SeededRandom random)
    {
        var at = random.Below(word.Length);
        switch (random.Below(4))
        {
            case 0 when at + 1 < word.Length:
                text.Append(word, 0, at).Append(word[at + 1]).Append(word[at]).Append(word, at + 2, word.Length - at - 2);
                break;
            case 1 when word.Length > 3:
                text.Append(word, 0, at).Append(word, at + 1, word.Length - at - 1);
                break;
            case 2:
                text.Append(word, 0, at + 1).Append(word, at, word.Length - at);
                break;
            default:
                text.Append(word, 0, at).Append(Neighbour(word[at], random)).Append(word, at + 1, word.Length - at - 1);
                break;
        }
    }

    /// <summary>Appends the word without its vowels but the first letter: "bracket" as "brckt".</summary>
    public static void AppendWithoutVowels(StringBuilder text, string word)
    {
        text.Append(word[0]);
        foreach (var c in word.AsSpan(1)) { if (c is not ('a' or 'e' or 'i' or 'o' or 'u')) { text.Append(c); } }
    }

    private static char Neighbour(char c, SeededRandom random)
    {
        var at = Rows.IndexOf(c, StringComparison.Ordinal);
        if (at < 0 || c == ' ') { return c; }
        var beside = random.Chance(0.5) ? at - 1 : at + 1;
        return beside >= 0 && beside < Rows.Length && Rows[beside] != ' ' ? Rows[beside] : c;
    }
}
