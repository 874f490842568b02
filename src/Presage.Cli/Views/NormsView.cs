using Presage.Runs.Checkpoints;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>Prints measured networks for people.</summary>
internal static class NormsView
{
    public static void Print(NormsReport report, string page)
    {
        foreach (NetworkReport network in report.Networks)
        {
            Console.WriteLine();
            Console.WriteLine(Invariant($"{network.Name}: {network.Model} ({network.Parameters:N0} parameters), {network.Architecture}"));
            Console.WriteLine(string.Join(' ', ((string?[])[network.Reading, network.Training]).OfType<string>()));
            Console.WriteLine(NormsWords.Source(network.Source));
            Console.WriteLine(NormsWords.Proof(network));
            TextTable.Print(NormsWords.LayerColumns, network.Layers.Select(NormsWords.Cells));
            Console.WriteLine(NormsWords.Products(network));
            TextTable.Print(NormsWords.ExampleColumns(report.Scale), [NormsWords.Cells("train", network.Train), NormsWords.Cells("test", network.Test)]);
            TextTable.Print(NormsWords.MarginColumns, NormsWords.MarginRows(network));
        }

        if (report.Ranking is { } ranking)
        {
            Console.WriteLine();
            Console.WriteLine(NormsWords.Ranking(ranking));
            TextTable.Print(NormsWords.RankingColumns, ranking.Order.Select(n => NormsWords.RankingCells(report.Networks[n])));
        }

        Console.WriteLine();
        Console.WriteLine($"Page: {page}");
    }
}
