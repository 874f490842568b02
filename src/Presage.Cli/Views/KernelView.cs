using Presage.Cli.Studies;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>The words of a kernel.</summary>
internal static class KernelView
{
    private const int Shown = 8;

    public static void Print(KernelReport report)
    {
        string scaled = report.Network.ScalesInputs ? "" : ", inputs not divided by their number";
        Console.WriteLine(Invariant(
            $"{KernelDocument.NameOf(report.Kind).ToUpperInvariant()} of an infinitely wide fully connected network: {report.Network.Activation.Name}, {report.Network.Depth} hidden layers and a readout, σ_w² = {report.Network.WeightVariance}, σ_b² = {report.Network.BiasVariance}{scaled}."));
        Console.WriteLine(Invariant($"{report.Inputs.TrainCount:N0} examples of {report.Inputs.Source}, {report.Inputs.Dimensions:N0} numbers each."));
        if (report.Inputs.TrainCount <= Shown)
        {
            double unit = Math.ScaleB(1, report.Matrix.Exponent);
            foreach (double[] row in report.Matrix.Values.Chunk(report.Matrix.Columns))
            {
                Console.WriteLine("  " + string.Join("  ", row.Select(value => Invariant($"{value * unit,14:G10}"))));
            }
        }

        var spectrum = report.Spectrum;
        string bound = spectrum.IsBound
            ? Invariant($" at least: {spectrum.BelowFloor:N0} eigenvalues are below {spectrum.Floor / spectrum.Largest:G2} of the largest, where double precision tells nothing")
            : "";
        Console.WriteLine(Invariant($"Condition number κ = {spectrum.ConditionNumber:G6} (log10 {spectrum.Log10ConditionNumber:0.000}){bound}."));
        if (report.PredictorAccuracy is { } accuracy)
        {
            Console.WriteLine(Invariant($"Mean predictor: {100 * accuracy:0.0} % of {report.Inputs.TestCount:N0} test examples right; of training examples, each left out in turn, {100 * report.LeaveOneOutAccuracy:0.0} %."));
        }
    }
}
