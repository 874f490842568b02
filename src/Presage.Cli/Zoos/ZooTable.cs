using System.Globalization;
using System.Text;
using Presage.Cli.Studies;
using static System.FormattableString;

namespace Presage.Cli.Zoos;

/// <summary>A family's networks as a table, a row each, with the roles of its columns above; <c>presage judge</c> reads it.</summary>
internal static class ZooTable
{
    public const string FileName = NetworkTableFile.FileName;

    /// <summary>The table.</summary>
    /// <param name="grid">The family.</param>
    /// <param name="data">What the networks were trained on.</param>
    /// <param name="rows">Those that have been measured, in the family's order.</param>
    public static string Of(ZooGrid grid, string data, IEnumerable<(ZooNetwork Network, ZooRow Row)> rows)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# hyperparameters: {string.Join(", ", Hyperparameters)}\n");
        text.Append(CultureInfo.InvariantCulture, $"# measures: {string.Join(", ", ZooMeasure.All.Select(each => (each.LargerIsWorse ? "" : "-") + each.Name))}\n");
        text.Append("# baselines: parameters, train_loss, steps\n");
        text.Append("# train_error: train_error\n# test_error: test_error\n# test_examples: test_examples\n# seed: seed\n# name: name\n# include: reached\n");
        text.Append("# ignore: data, test_loss, true_test_error, ending, reasons\n");
        text.Append(CultureInfo.InvariantCulture, $"name,data,{string.Join(',', Hyperparameters)},seed,parameters,steps,train_loss,train_error,test_loss,test_error,true_test_error,test_examples,ending,reached,");
        text.AppendJoin(',', ZooMeasure.All.Select(each => each.Name)).Append(",reasons\n");
        foreach (var (network, row) in rows)
        {
            text.AppendJoin(
                ',',
                [
                    network.Name, Quoted(data), network.Model, Number(network.LearningRate), Number(network.BatchSize), Number(network.Width), Number(network.Depth), Number(network.TrainSize), Number(network.LabelNoise),
                    Number(network.Seed), Number(row.Parameters), Number(row.Steps), Number(row.TrainLoss), Number(row.TrainError), Number(row.TestLoss), Number(row.TestError), Number(row.TrueTestError),
                    Number(grid.TestSize), Ending(row.Ending), row.Ending == ZooEnding.LossReached ? "1" : "0", .. ZooMeasure.All.Select(each => Number(row.Measures.GetValueOrDefault(each.Name))),
                    Quoted(string.Join("; ", row.Reasons.Select(each => $"{each.Key}: {each.Value.TrimEnd('.')}"))),
                ]).Append('\n');
        }

        return text.ToString();
    }

    private static IReadOnlyList<string> Hyperparameters => ["model", "learning_rate", "batch_size", "width", "depth", "train_size", "label_noise"];

    private static string Ending(ZooEnding ending) => ending switch
    {
        ZooEnding.LossReached => "loss reached",
        ZooEnding.EpochsEnded => "epochs ended",
        _ => "diverged",
    };

    // As RFC 4180 has it.
    private static string Quoted(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal).ReplaceLineEndings(" ") + "\"" : text;

    private static string Number(double? value) => value is { } known ? Invariant($"{known:R}") : "";
}
