using Presage.Cli.Studies;
using Presage.Kernels;

namespace Presage.Cli.Views;

/// <summary>The document that <c>kernel --json</c> prints; its field names are a promise to programs.</summary>
internal static class KernelDocument
{
    public const string Schema = "presage.kernel/1";

    /// <summary>Examples up to which the matrix is printed.</summary>
    public const int Small = 64;

    public static string Of(KernelReport report)
    {
        double unit = Math.ScaleB(1, report.Matrix.Exponent);
        return DocumentJson.Of(new
        {
            Schema,
            Activation = report.Network.Activation.Name,
            report.Network.Depth,
            SigmaW2 = report.Network.WeightVariance,
            SigmaB2 = report.Network.BiasVariance,
            InputScaling = report.Network.ScalesInputs,
            Arch = "fcn",
            Kind = NameOf(report.Kind),
            report.Inputs.Source,
            Examples = report.Inputs.TrainCount,
            TestExamples = report.Inputs.TestCount,
            ConditionNumber = Finite(report.Spectrum.ConditionNumber),
            report.Spectrum.Log10ConditionNumber,
            ConditionNumberIsLowerBound = report.Spectrum.IsBound,
            EigenvaluesBelowFloor = report.Spectrum.BelowFloor,
            EigenvalueFloor = Finite(report.Spectrum.Floor * unit),
            LargestEigenvalue = Finite(report.Spectrum.Largest * unit),
            MeanPredictorAccuracy = report.PredictorAccuracy,
            report.LeaveOneOutAccuracy,
            KernelExponent = report.Matrix.Exponent,
            Eigenvalues = report.Spectrum.Eigenvalues.Select(value => Finite(value * unit)),
            Matrix = report.Inputs.TrainCount <= Small ? report.Matrix.Values.Chunk(report.Matrix.Columns).Select(row => row.Select(value => Finite(value * unit))) : null,
        });
    }

    /// <summary>"ntk" or "nngp".</summary>
    public static string NameOf(KernelKind kind) => kind == KernelKind.Tangent ? "ntk" : "nngp";

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
