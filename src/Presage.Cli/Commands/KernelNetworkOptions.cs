using System.CommandLine;
using Presage.Cli.Studies;
using Presage.Kernels;

namespace Presage.Cli.Commands;

/// <summary>The options that describe an infinitely wide network.</summary>
internal sealed class KernelNetworkOptions
{
    private const double MostVariance = 1e6;
    private const int MostDepth = 100_000;
    private const int MostSide = 4_096;
    private const int UsualSide = 3;

    private readonly Option<string?> _activation = PhaseCommand.ActivationOption();
    private readonly Option<int?> _depth = Ranges.Whole("--depth", "Hidden layers; the readout comes after them", 0, MostDepth);
    private readonly Option<double?> _weight = Ranges.Real("--sigma-w2", "σ_w², variance of the weights times the inputs of a unit", 0, MostVariance, lowIncluded: false);
    private readonly Option<double?> _bias = Ranges.Real("--sigma-b2", "σ_b², variance of the biases", 0, MostVariance);
    private readonly Option<string?> _scaling = Ranges.OneOf(
        "--input-scaling", "Whether x·x' is divided by the number of inputs, or for convolutions of channels (default on)", "on", "off");

    private readonly Option<string?> _architecture = Ranges.OneOf(
        "--arch",
        $"Dense layers, or convolutions whose positions are flattened or averaged before the readout (default {KernelNetwork.Dense})",
        KernelNetwork.Architectures);

    private readonly Option<ImageShape?> _image = Sides.Of(
        "--image", "Of convolutions with --inputs: channels, rows and columns of a row of numbers", "CxHxW", 3, MostSide * MostSide, sides => new ImageShape(sides[0], sides[1], sides[2]));

    private readonly Option<(int Height, int Width)?> _filter = Sides.Of(
        "--filter", $"Of convolutions: rows and columns of the filter (default {UsualSide})", "HxW", 2, MostSide, sides => (sides[0], sides[1]), isSquareToo: true);

    private readonly Option<string?> _padding = Ranges.OneOf(
        "--padding", "Of convolutions: zeros around an image, the image again, or nothing (default same)", [.. Enum.GetValues<FilterPadding>().Select(KernelDescription.NameOf)]);

    private readonly Option<int?> _stride = Ranges.Whole("--stride", "Of convolutions: positions from one output to the next (default 1)", 1, MostSide);

    /// <summary>The options, in the order of the help.</summary>
    public IEnumerable<Option> All => [_activation, _depth, _weight, _bias, _architecture, _image, _filter, _padding, _stride, _scaling];

    /// <summary>The network.</summary>
    /// <exception cref="BadInputException">Options are missing or do not go together.</exception>
    public KernelNetwork Network(ParseResult parsed)
    {
        if (parsed.GetValue(_depth) is not { } layers || parsed.GetValue(_weight) is not { } sigmaW || parsed.GetValue(_bias) is not { } sigmaB)
        {
            throw new BadInputException("A kernel needs --depth, --sigma-w2 and --sigma-b2.");
        }

        string architecture = parsed.GetValue(_architecture) ?? KernelNetwork.Dense;
        bool isDense = string.Equals(architecture, KernelNetwork.Dense, StringComparison.Ordinal);
        Option[] ofConvolutions = [_image, _filter, _padding, _stride];
        if (isDense && ofConvolutions.FirstOrDefault(option => parsed.GetResult(option) is not null) is { } given)
        {
            throw new BadInputException($"{given.Name} belongs to --arch {KernelNetwork.Flattened} and {KernelNetwork.Pooled}; a fully connected network has no convolutions.");
        }

        (int height, int width) = parsed.GetValue(_filter) ?? (UsualSide, UsualSide);
        return new KernelNetwork(
            architecture,
            PhaseCommand.Named(parsed.GetValue(_activation)!),
            layers,
            sigmaW,
            sigmaB,
            !string.Equals(parsed.GetValue(_scaling), "off", StringComparison.Ordinal),
            isDense ? null : new KernelFilter(height, width, Enum.Parse<FilterPadding>(parsed.GetValue(_padding) ?? nameof(FilterPadding.Same), ignoreCase: true), parsed.GetValue(_stride) ?? 1));
    }

    /// <summary>The shape of the images in a file of examples; null where the network has no use for it, or --data tells it.</summary>
    /// <param name="parsed">What was given.</param>
    /// <param name="network">The network.</param>
    /// <param name="isFile">Whether examples are of a file.</param>
    /// <exception cref="BadInputException">It is missing, or given beside --data.</exception>
    public ImageShape? Image(ParseResult parsed, KernelNetwork network, bool isFile)
    {
        ImageShape? image = parsed.GetValue(_image);
        if (!isFile && image is not null)
        {
            throw new BadInputException("--image belongs to --inputs; the images of --data have a shape of their own.");
        }

        if (isFile && network.Filter is not null && image is null)
        {
            throw new BadInputException($"--arch {network.Architecture} needs --image CxHxW with --inputs: the channels, rows and columns that a row of numbers is.");
        }

        return image is { } shape && (double)shape.Channels * shape.Height * shape.Width > int.MaxValue
            ? throw new BadInputException($"--image {shape.Channels}x{shape.Height}x{shape.Width} has more numbers than an example can.")
            : image;
    }
}
