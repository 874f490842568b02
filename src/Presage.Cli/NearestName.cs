namespace Presage.Cli;

/// <summary>What the user may have meant by a name that does not exist.</summary>
internal static class NearestName
{
    /// <summary>"did you mean 'mnist'? Expected one of …", the first part only where something is near.</summary>
    public static string Hint(string name, IReadOnlyCollection<string> valid)
    {
        string nearest = valid.MinBy(candidate => Distance(name.ToLowerInvariant(), candidate))!;
        string expected = $"expected one of {string.Join(", ", valid)}";
        return Distance(name.ToLowerInvariant(), nearest) <= Math.Max(2, nearest.Length / 2) ? $"did you mean '{nearest}'? ({expected})" : $"{expected}.";
    }

    /// <summary>Levenshtein distance: insertions, deletions and replacements that turn one name into the other.</summary>
    public static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
