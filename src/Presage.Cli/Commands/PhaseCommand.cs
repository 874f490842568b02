using System.CommandLine;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Kernels;
using Presage.Runs;
using Presage.Runs.Phases;

namespace Presage.Cli.Commands;

/// <summary><c>presage phase</c>: what deep networks of an initialization do to their inputs, at one point or over the plane.</summary>
internal static class PhaseCommand
{
    private const double Most = 1e6;
    private const double UsualMostWeight = 4;
    private const double UsualMostBias = 1;
    private const int UsualPlaces = 60;
    private const string TableFile = "phase.csv";

    private static readonly string[] Names = [.. Activations.All.Select(each => each.Name), "leaky-relu"];

    public static Command Make()
    {
        var activation = ActivationOption();
        var weight = Ranges.Real("--sigma-w2", "σ_w², variance of the weights times the inputs of a unit", 0, Most, lowIncluded: false);
        var bias = Ranges.Real("--sigma-b2", "σ_b², variance of the biases", 0, Most);
        var plane = new Option<bool>("--plane") { Description = "The whole diagram, as a page and a CSV file; the variances are then its upper ends" };
        var places = Ranges.Whole("--places", $"Of the plane: places along each axis (default {UsualPlaces})", 2, 500);
        var output = new Option<string?>("--out") { Description = "Of the plane: folder, new or empty (default: a new one under presage-runs)", HelpName = "DIR" };
        var json = Ranges.Json();
        var command = new Command("phase", "Whether deep networks of an initialization are ordered, critical or chaotic, and to which depth signals reach")
        {
            activation, weight, bias, plane, places, output, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            ActivationFunction function = Named(parsed.GetValue(activation)!);
            if (parsed.GetValue(plane))
            {
                return Task.FromResult(DrawPlane(
                    function, parsed.GetValue(weight) ?? UsualMostWeight, parsed.GetValue(bias) ?? UsualMostBias, parsed.GetValue(places) ?? UsualPlaces, parsed.GetValue(output),
                    parsed.GetValue(json), cancellation));
            }

            if (parsed.GetValue(weight) is not { } sigmaW || parsed.GetValue(bias) is not { } sigmaB)
            {
                throw new BadInputException("A point needs --sigma-w2 and --sigma-b2; --plane draws the whole diagram.");
            }

            if (parsed.GetValue(output) is not null || parsed.GetValue(places) is not null)
            {
                throw new BadInputException("--out and --places belong to --plane.");
            }

            MeanFieldPoint point = MeanField.Of(function, sigmaW, sigmaB);
            IReadOnlyList<CriticalPoint> critical = CriticalLine.WithBias(function, sigmaB);
            Console.WriteLine(parsed.GetValue(json) ? PhaseDocument.Of(function, point, critical) : string.Join(Environment.NewLine, PhaseWords.Of(function, point, critical)));
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    /// <summary>φ by its name.</summary>
    public static Option<string?> ActivationOption() => new("--activation") { Description = $"φ: {string.Join(", ", Names)}", HelpName = "NAME", Required = true };

    /// <summary>The activation of a name.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    public static ActivationFunction Named(string name)
    {
        try
        {
            return Activations.Named(name);
        }
        catch (ArgumentException exception)
        {
            throw new BadInputException($"--activation '{name}' is unknown: {NearestName.Hint(name, Names)}", exception);
        }
    }

    private static int DrawPlane(ActivationFunction function, double mostWeight, double mostBias, int places, string? output, bool json, CancellationToken cancellation)
    {
        if (mostBias == 0)
        {
            throw new BadInputException("--sigma-b2 is the plane's upper end, and has to be above 0.");
        }

        OutputFolder.RequireFree(output, "diagram");
        var view = IWorkView.For(json);
        PhasePlane? plane = null;
        view.During("phases", progress => plane = PhasePlane.Of(function, places, mostWeight, mostBias, progress, cancellation));
        string folder = output ?? RunFolder.NextFree("presage-runs", $"phase-{function.Name}", DateTimeOffset.Now);
        Directory.CreateDirectory(folder);
        string table = Path.Combine(Path.GetFullPath(folder), TableFile);
        string page = Path.Combine(Path.GetFullPath(folder), PhasePage.FileName);
        WholeFile.Write(table, string.Join('\n', plane!.Csv()) + "\n");
        WholeFile.Write(page, PhasePage.Render(function.Name, PhaseWords.Of(plane), plane.Panels()));
        if (json)
        {
            Console.WriteLine(PhaseDocument.Of(plane, table, page));
        }
        else
        {
            Console.WriteLine(string.Join(Environment.NewLine, PhaseWords.Of(plane)));
            Console.WriteLine($"Table:   {table}");
            Console.WriteLine($"Picture: {page}");
        }

        return ExitCode.Done;
    }
}
