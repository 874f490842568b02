using Presage.Rankings;
using Presage.Runs.Rankings;

namespace Presage.Cli.Views;

/// <summary>Prints a referee's grades for people.</summary>
internal static class JudgeView
{
    public static void Print(RefereeReport report, string page)
    {
        Lines(RefereeWords.Setup(report));
        foreach (RankingTarget target in Enum.GetValues<RankingTarget>())
        {
            Console.WriteLine();
            Console.WriteLine($"How they rank the {RefereeWords.NameOf(target)}, the smallest worst-case error first:");
            TextTable.Print(RefereeWords.Columns, RefereeWords.Rows(report, target));
        }

        Console.WriteLine();
        Lines(RefereeWords.Reading);
        Console.WriteLine();
        Lines(RefereeVerdicts.Of(report, RankingTarget.GeneralizationGap));
        Console.WriteLine();
        Console.WriteLine($"Page: {page}");
    }

    private static void Lines(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Console.WriteLine(line);
        }
    }
}
