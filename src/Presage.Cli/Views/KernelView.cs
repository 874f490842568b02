using Presage.Cli.Studies;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>The words of a kernel.</summary>
internal static class KernelView
{
    private const int Shown = 8;

    public static void Print(KernelReport report)
    {
        var kernel = KernelDescription.Of(report.Options, report.Inputs);
        string scaled = kernel.InputScaling ? "" : $", inputs not divided by their number{(kernel.Image is null ? "" : " of channels")}";
        Console.WriteLine(Invariant(
            $"{kernel.Kind.ToUpperInvariant()} of an infinitely wide {Layers(kernel)}: {kernel.Activation}, {kernel.Depth} hidden {(kernel.Depth == 1 ? "layer" : "layers")} and a readout, σ_w² = {kernel.SigmaW2}, σ_b² = {kernel.SigmaB2}{scaled}."));
        string numbers = kernel.Image is null ? Invariant($"{report.Inputs.Dimensions:N0} numbers each") : $"images of {kernel.Image}";
        Console.WriteLine(Invariant($"{report.Inputs.TrainCount:N0} examples of {report.Inputs.Source}, {numbers}, in {kernel.Precision}."));
        if (report.Inputs.TrainCount <= Shown)
        {
            if (report.MatrixExponent != 0)
            {
                Console.WriteLine(Invariant($"  over 2^{report.MatrixExponent}, as float64 does not hold it:"));
            }

            double unit = Math.ScaleB(1, report.Exponent - report.MatrixExponent);
            foreach (double[] row in report.Matrix!.Chunk(report.Inputs.TrainCount))
            {
                Console.WriteLine("  " + string.Join("  ", row.Select(value => Invariant($"{value * unit,14:G10}"))));
            }
        }

        if (report.Spectrum is { } spectrum)
        {
            string bound = spectrum.IsBound
                ? Invariant($" at least: {spectrum.BelowFloor:N0} {(spectrum.BelowFloor == 1 ? "eigenvalue is" : "eigenvalues are")} below {spectrum.Floor / spectrum.Largest:G2} of the largest, where the kernel's precision tells nothing")
                : "";
            Console.WriteLine(Invariant($"Condition number κ = {spectrum.ConditionNumber:G6} (log10 {spectrum.Log10ConditionNumber:0.000}){bound}."));
        }

        if (report.PredictorAccuracy is { } accuracy)
        {
            Console.WriteLine(Invariant($"Mean predictor: {100 * accuracy:0.0} % of {report.Inputs.TestCount:N0} test examples right; of training examples, each left out in turn, {100 * report.LeaveOneOutAccuracy:0.0} %."));
        }

        if (report.Options.Folder is { } folder)
        {
            Console.WriteLine($"Kernel:  {Path.GetFullPath(folder)} ({KernelStore.HeadFile} says what its tiles are)");
        }
    }

    private static string Layers(KernelDescription kernel) => kernel.Filter is null
        ? "fully connected network"
        : Invariant($"convolutional network, {kernel.Filter} filters with {kernel.Padding} padding and stride {kernel.Stride}, {(kernel.Arch is KernelNetwork.Pooled ? "all positions averaged" : "positions flattened")}");
}
