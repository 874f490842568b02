using Presage.Cli.Reproductions;

namespace Presage.Cli.Views;

/// <summary>Every reproduction by document, with what it runs at each scale.</summary>
internal static class ReproductionList
{
    /// <summary>Prints the list; lines are broken between words where they would be wider.</summary>
    public static void Print(IEnumerable<Reproduction> reproductions, TextWriter writer, int width)
    {
        foreach (var document in reproductions.GroupBy(each => each.Document, StringComparer.Ordinal))
        {
            Wrap(writer, "Document ", document.Key, width);
            writer.WriteLine();
            foreach (Reproduction each in document)
            {
                writer.WriteLine($"  {each.Id}");
                Wrap(writer, "    ", $"{each.Figure}: {each.Shows}", width);
                foreach (Scale scale in Enum.GetValues<Scale>())
                {
                    Wrap(writer, $"    {scale.ToString().ToLowerInvariant(),-9} ", $"{Time(each.Minutes, scale)}{Data(each, scale)}; {each.Sizes(scale)}", width);
                }

                writer.WriteLine();
            }
        }

        Wrap(writer, "", "Minutes are those of a run on two cores, where there was one. Paper has the document's own sizes, whatever that takes.", width);
    }

    private static string Time((double? Quick, double? Standard) minutes, Scale scale) => scale switch
    {
        Scale.Quick => Time(minutes.Quick),
        Scale.Standard => Time(minutes.Standard),
        _ => "",
    };

    private static string Time(double? minutes) => minutes is null ? "not run yet; " : FormattableString.Invariant($"{minutes} min; ");

    private static string Data(Reproduction each, Scale scale) => each.DataSets(scale) is { Count: > 0 } sets ? string.Join(", ", sets) : "made-up data";

    // Later lines begin below the text of the first.
    private static void Wrap(TextWriter writer, string head, string text, int width)
    {
        string line = head;
        foreach (string word in text.Split(' '))
        {
            if (line.Length > head.Length && line.Length + 1 + word.Length > width)
            {
                writer.WriteLine(line);
                line = new string(' ', head.Length);
            }

            line += line.Length == head.Length ? word : $" {word}";
        }

        writer.WriteLine(line);
    }
}
