using Presage.Cli.Zoos;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>A trained family, for people.</summary>
internal static class ZooView
{
    public static void Print(ZooReport report)
    {
        int Ended(ZooEnding ending) => report.Rows.Count(each => each.Row.Ending == ending);
        Console.WriteLine(Invariant(
            $"{report.Rows.Count:N0} networks: {Ended(ZooEnding.LossReached):N0} reached the training loss, {Ended(ZooEnding.EpochsEnded):N0} did not within the epochs, {Ended(ZooEnding.Diverged):N0} diverged; {report.Seconds:N0} s of training and measuring."));
        (string Measure, string Reason, int Count)[] missing =
        [
            .. report.Rows.SelectMany(each => each.Row.Reasons).GroupBy(each => (each.Key, each.Value)).Select(group => (group.Key.Key, group.Key.Value, group.Count())).OrderByDescending(each => each.Item3),
        ];
        foreach (var (measure, reason, count) in missing.Take(10))
        {
            Console.WriteLine(Invariant($"  {measure} has no value in {count:N0}: {reason}"));
        }

        if (missing.Length > 10)
        {
            Console.WriteLine(Invariant($"  … and {missing.Length - 10} more, in the table's column 'reasons'."));
        }

        Console.WriteLine($"Table: {Path.Combine(report.Folder, ZooTable.FileName)}");
        Console.WriteLine($"Which measures foretold how they generalize: presage judge {report.Folder}");
    }
}
