using System.CommandLine;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Kernels;

namespace Presage.Cli.Commands;

/// <summary><c>presage kernel</c>: the kernel of an infinitely wide network on examples, its condition number, and what its mean predictor gets right.</summary>
internal static class KernelCommand
{
    // Beyond, hours of work are not to be lost: tiles are kept.
    private const int MostInMemory = 10_000;
    private const int MostExamples = 100_000;
    private const int UsualExamples = 500;

    public static Command Make()
    {
        var network = new KernelNetworkOptions();
        var inputs = new Option<string?>("--inputs") { Description = "Examples, a row of numbers each, apart by commas, without a head", HelpName = "FILE.csv" };
        var data = new Option<string?>("--data") { Description = $"Examples with labels: {ImageSource.Kinds}", HelpName = "NAME|DIR" };
        var train = Ranges.Whole("--train", $"Of --data: training examples (default {UsualExamples}), without --out at most {MostInMemory}", 2, MostExamples);
        var test = Ranges.Whole("--test", $"Of --data: test examples (default {UsualExamples})", 1, MostInMemory);
        var seed = Ranges.Whole("--seed", "Of --data: seed by which examples are chosen (default 1)", 0, int.MaxValue);
        var kind = Ranges.OneOf("--kind", "Tangent kernel, or covariance of the outputs at initialization (default ntk)", "ntk", "nngp");
        var precision = Ranges.OneOf("--precision", "What pairs are kept in, and of images computed in; eigenvalues are float64 (default float64)", "float32", "float64");
        var output = new Option<string?>("--out") { Description = "Folder that keeps the kernel in tiles of NumPy's format; new, or the same one to go on", HelpName = "DIR" };
        var noSpectrum = new Option<bool>("--no-spectrum") { Description = "The matrix alone, without eigenvalues and what follows from them" };
        var json = Ranges.Json();
        var command = new Command("kernel", "Kernel of an infinitely wide network on examples: condition number, eigenvalues, what its mean predictor gets right");
        foreach (Option option in (Option[])[.. network.All, inputs, data, train, test, seed, kind, precision, output, noSpectrum, json])
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) =>
        {
            KernelNetwork described = network.Network(parsed);
            string? file = parsed.GetValue(inputs);
            if (file is null == parsed.GetValue(data) is null)
            {
                throw new BadInputException("A kernel is of examples: give --inputs FILE.csv or --data NAME|DIR, one of the two.");
            }

            if (file is not null && (parsed.GetValue(train) ?? parsed.GetValue(test) ?? parsed.GetValue(seed)) is not null)
            {
                throw new BadInputException("--train, --test and --seed belong to --data; of --inputs all rows are taken.");
            }

            OutputFolder.RequireName(parsed.GetValue(output));
            var options = new KernelOptions(described, string.Equals(parsed.GetValue(kind), "nngp", StringComparison.Ordinal) ? KernelKind.Covariance : KernelKind.Tangent)
            {
                IsSingle = string.Equals(parsed.GetValue(precision), "float32", StringComparison.Ordinal),
                HasSpectrum = !parsed.GetValue(noSpectrum),
                Folder = parsed.GetValue(output),
            };
            ImageShape? image = network.Image(parsed, described, file is not null);
            return RunAsync(
                options,
                view => file is not null
                    ? Task.FromResult(KernelInputs.FromCsv(file, image))
                    : KernelInputs.OfDataAsync(
                        new DiagnoseOptions
                        {
                            Data = parsed.GetValue(data)!,
                            Train = Few(options, parsed.GetValue(train) ?? UsualExamples),
                            Test = parsed.GetValue(test) ?? UsualExamples,
                            Seed = parsed.GetValue(seed) ?? 1,
                        },
                        view,
                        cancellation),
                parsed.GetValue(json),
                cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(KernelOptions options, Func<IWorkView, Task<KernelInputs>> load, bool json, CancellationToken cancellation)
    {
        var view = IWorkView.For(json);
        KernelInputs inputs = await load(view);
        _ = Few(options, inputs.TrainCount);
        if (!options.HasSpectrum && options.Folder is null && inputs.TrainCount > KernelReport.Small)
        {
            throw new BadInputException($"--no-spectrum leaves the matrix alone, which is printed up to {KernelReport.Small} examples: of more, --out DIR keeps it.");
        }

        KernelReport report = KernelStudy.Run(options, inputs, view, cancellation);
        if (json)
        {
            Console.WriteLine(KernelDocument.Of(report));
        }
        else
        {
            KernelView.Print(report);
        }

        return ExitCode.Done;
    }

    private static int Few(KernelOptions options, int examples) => examples <= MostInMemory || options.Folder is not null
        ? examples
        : throw new BadInputException($"The kernel of {examples} examples takes long: --out DIR, which keeps its tiles so that it can go on, is needed for more than {MostInMemory}.");
}
