using Presage.Cli.Studies;

namespace Presage.Cli.Views;

/// <summary>The document that <c>kernel --json</c> prints; its field names are a promise to programs.</summary>
internal static class KernelDocument
{
    public const string Schema = "presage.kernel/1";

    public static string Of(KernelReport report)
    {
        double unit = Math.ScaleB(1, report.Exponent - report.MatrixExponent);
        var kernel = KernelDescription.Of(report.Options, report.Inputs);
        return DocumentJson.Of(new
        {
            Schema,
            kernel.Activation,
            kernel.Depth,
            kernel.SigmaW2,
            kernel.SigmaB2,
            kernel.InputScaling,
            kernel.Arch,
            kernel.Image,
            kernel.Filter,
            kernel.Padding,
            kernel.Stride,
            kernel.Kind,
            kernel.Precision,
            report.Inputs.Source,
            Examples = report.Inputs.TrainCount,
            TestExamples = report.Inputs.TestCount,
            ConditionNumber = Finite(report.Spectrum?.ConditionNumber),
            report.Spectrum?.Log10ConditionNumber,
            ConditionNumberIsLowerBound = report.Spectrum?.IsBound,
            EigenvaluesBelowFloor = report.Spectrum?.BelowFloor,
            EigenvalueFloor = Finite(report.Spectrum?.Floor * unit),
            LargestEigenvalue = Finite(report.Spectrum?.Largest * unit),
            MeanPredictorAccuracy = report.PredictorAccuracy,
            report.LeaveOneOutAccuracy,
            KernelExponent = report.MatrixExponent,
            Tiles = report.Options.Folder is { } folder ? Path.GetFullPath(folder) : null,
            Eigenvalues = report.Spectrum?.Eigenvalues.Select(value => Finite(value * unit)),
            Matrix = report.Matrix?.Chunk(report.Inputs.TrainCount).Select(row => row.Select(value => Finite(value * unit))),
        });
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
