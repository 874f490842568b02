using System.CommandLine;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Kernels;

namespace Presage.Cli.Commands;

/// <summary><c>presage kernel</c>: the kernel of an infinitely wide network on examples, its condition number, and what its mean predictor gets right.</summary>
internal static class KernelCommand
{
    private const double MostVariance = 1e6;
    private const int MostDepth = 100_000;

    // Eigenvalues of more take hours.
    private const int MostExamples = 10_000;
    private const int UsualExamples = 500;

    public static Command Make()
    {
        var activation = PhaseCommand.ActivationOption();
        var depth = Ranges.Whole("--depth", "Hidden layers; the readout comes after them", 0, MostDepth);
        var weight = Ranges.Real("--sigma-w2", "σ_w², variance of the weights times the inputs of a unit", 0, MostVariance, lowIncluded: false);
        var bias = Ranges.Real("--sigma-b2", "σ_b², variance of the biases", 0, MostVariance);
        var inputs = new Option<string?>("--inputs") { Description = "Examples, a row of numbers each, apart by commas, without a head", HelpName = "FILE.csv" };
        var data = new Option<string?>("--data") { Description = $"Examples with labels: {ImageSource.Kinds}", HelpName = "NAME|DIR" };
        var train = Ranges.Whole("--train", $"Of --data: training examples (default {UsualExamples})", 2, MostExamples);
        var test = Ranges.Whole("--test", $"Of --data: test examples (default {UsualExamples})", 1, MostExamples);
        var seed = Ranges.Whole("--seed", "Of --data: seed by which examples are chosen (default 1)", 0, int.MaxValue);
        var scaling = Ranges.OneOf("--input-scaling", "Whether x·x' is divided by the number of inputs (default on)", "on", "off");
        var kind = Ranges.OneOf("--kind", "Tangent kernel, or covariance of the outputs at initialization (default ntk)", "ntk", "nngp");
        var architecture = Ranges.OneOf("--arch", "Architecture (default fcn)", "fcn");
        var json = Ranges.Json();
        var command = new Command("kernel", "Kernel of an infinitely wide network on examples: condition number, eigenvalues, what its mean predictor gets right")
        {
            activation, depth, weight, bias, inputs, data, train, test, seed, scaling, kind, architecture, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(depth) is not { } layers || parsed.GetValue(weight) is not { } sigmaW || parsed.GetValue(bias) is not { } sigmaB)
            {
                throw new BadInputException("A kernel needs --depth, --sigma-w2 and --sigma-b2.");
            }

            if (parsed.GetValue(inputs) is null == parsed.GetValue(data) is null)
            {
                throw new BadInputException("A kernel is of examples: give --inputs FILE.csv or --data NAME|DIR, one of the two.");
            }

            if (parsed.GetValue(inputs) is not null && (parsed.GetValue(train) ?? parsed.GetValue(test) ?? parsed.GetValue(seed)) is not null)
            {
                throw new BadInputException("--train, --test and --seed belong to --data; of --inputs all rows are taken.");
            }

            return RunAsync(
                new FullyConnected(
                    PhaseCommand.Named(parsed.GetValue(activation)!), layers, sigmaW, sigmaB, !string.Equals(parsed.GetValue(scaling), "off", StringComparison.Ordinal)),
                string.Equals(parsed.GetValue(kind), "nngp", StringComparison.Ordinal) ? KernelKind.Covariance : KernelKind.Tangent,
                parsed.GetValue(inputs),
                new DiagnoseOptions
                {
                    Data = parsed.GetValue(data) ?? "",
                    Train = parsed.GetValue(train) ?? UsualExamples,
                    Test = parsed.GetValue(test) ?? UsualExamples,
                    Seed = parsed.GetValue(seed) ?? 1,
                },
                parsed.GetValue(json),
                cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(FullyConnected network, KernelKind kind, string? file, DiagnoseOptions data, bool json, CancellationToken cancellation)
    {
        var view = IWorkView.For(json);
        KernelInputs inputs = file is not null ? KernelInputs.FromCsv(file) : await KernelInputs.OfDataAsync(data, view, cancellation);
        KernelReport? report = null;
        view.During("kernel", progress => report = KernelReport.Of(network, kind, inputs, progress, cancellation));
        if (json)
        {
            Console.WriteLine(KernelDocument.Of(report!));
        }
        else
        {
            KernelView.Print(report!);
        }

        return ExitCode.Done;
    }
}
