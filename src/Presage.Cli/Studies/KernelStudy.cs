using System.Numerics;
using Presage.Cli.Views;
using Presage.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Cli.Studies;

/// <summary>Computes a kernel, and what follows from its eigenvalues.</summary>
internal static class KernelStudy
{
    /// <summary>Computes it.</summary>
    /// <param name="options">The kernel.</param>
    /// <param name="inputs">The examples.</param>
    /// <param name="view">Shows the work, and before it the plan where it is large.</param>
    /// <param name="cancellation">Stops it between two tiles.</param>
    /// <exception cref="BadInputException">Filters do not fit, the folder is another kernel's, or memory does not suffice.</exception>
    /// <exception cref="NumericalException">A value is not finite, or no eigenvalue is above 0.</exception>
    public static KernelReport Run(KernelOptions options, KernelInputs inputs, IWorkView view, CancellationToken cancellation) => options.IsSingle
        ? Run(options, inputs, Array.ConvertAll(inputs.Train, value => (float)value), Array.ConvertAll(inputs.Test, value => (float)value), view, cancellation)
        : Run(options, inputs, inputs.Train, inputs.Test, view, cancellation);

    private static KernelReport Run<T>(KernelOptions options, KernelInputs inputs, T[] train, T[] test, IWorkView view, CancellationToken cancellation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ImageShape shape = options.Network.ShapeOf(inputs);
        KernelPlan plan = KernelPlan.Of(options, inputs, shape);
        plan.RequireMemory(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        LayeredNetwork network = options.Network.Layered;
        KernelBlocks<T> own = network.Blocks<T>(train, shape, options.Kind);
        KernelBlocks<T>? others = test.Length > 0 ? network.Blocks<T>(test, train, shape, options.Kind) : null;
        using KernelStore? store = options.Folder is null ? null : KernelStore.Open(options.Folder, options, inputs, plan.Side, (own.Exponent, others?.Exponent));
        foreach (string line in inputs.TrainCount > KernelPlan.Large ? plan.Words(options, inputs.TrainLabels is not null) : [])
        {
            view.Report(line);
        }

        using var scope = NewDisposeScope();
        bool isWanted = options.HasSpectrum || own.Rows <= KernelReport.Small;
        KernelTensors? tensors = isWanted ? new KernelTensors(own.Rows, others?.Rows) : null;
        view.During("kernel", progress => KernelTiling.Run(own, others, plan.Side, store, tensors is null ? null : tensors.Take, progress, cancellation));
        var report = new KernelReport(options, inputs, own.Exponent, own.Rows <= KernelReport.Small ? [.. tensors!.Train.data<double>()] : null, null);
        if (options.HasSpectrum)
        {
            view.During("eigenvalues", _ => report = Judged(report, tensors!.Train, tensors.Test));
        }

        return report;
    }

    // Disposes of the kernel where its eigenvectors have taken its place.
    private static KernelReport Judged(KernelReport report, Tensor kernel, Tensor? testKernel)
    {
        double error = report.Options.EntryError;
        KernelInputs inputs = report.Inputs;
        if (inputs.TrainLabels is not { } labels || inputs.TestLabels is not { } answers || testKernel is null)
        {
            return report with { Spectrum = KernelSpectrum.Of(kernel, error) };
        }

        using var scope = NewDisposeScope();
        using var dynamics = new KernelDynamics(kernel, KernelTensors.Targets(labels, inputs.Classes), LossNormalization.Sum, error);
        kernel.Dispose();

        // Both kernels may be over powers of two of their own, which change no largest output.
        return report with
        {
            Spectrum = dynamics.Spectrum,
            PredictorAccuracy = KernelTensors.Accuracy(dynamics.Test(testKernel, double.PositiveInfinity), answers),
            LeaveOneOutAccuracy = KernelTensors.Accuracy(dynamics.LeaveOneOut(GeneralizationForecast.RelativeRidge), labels),
        };
    }
}
