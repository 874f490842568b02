using Presage.Cli.Studies;
using Presage.Data;
using Presage.Kernels;
using Presage.Numerics;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A network at one of its widths.</summary>
internal sealed record FiniteSetting(FiniteArchitecture Architecture, int Width)
{
    public string Name => Invariant($"{Architecture.Name}-{Width}");
}

/// <summary>How much is run.</summary>
/// <param name="Examples">Images n.</param>
/// <param name="Networks">Networks a width whose kernels are measured.</param>
/// <param name="PointNetworks">The same on the three points.</param>
/// <param name="Trained">Networks a width that are trained too.</param>
/// <param name="Steps">After which steps outputs are compared, in ascending order.</param>
internal sealed record FiniteSizes(int Examples, int Networks, int PointNetworks, int Trained, long[] Steps);

/// <summary>Networks of one width beside infinite width.</summary>
/// <param name="Errors">‖Θ̂ − Θ‖/‖Θ‖ of each network's kernel at initialization, in Frobenius norms.</param>
/// <param name="Own">Of each trained network how far training departs from what its own kernel predicts: see <see cref="DescentCourse.Departure"/>.</param>
/// <param name="Wide">The same of what the kernel of infinite width predicts.</param>
/// <param name="Course">The course of the first trained network; null where none is trained.</param>
internal sealed record FiniteRun(double[] Errors, double[] Own, double[] Wide, FiniteCourse? Course)
{
    /// <summary>Measures and trains.</summary>
    /// <exception cref="NumericalException">A network diverges.</exception>
    public static FiniteRun Of(FiniteSetting setting, FiniteSizes sizes, SettingWork work)
    {
        using var scope = NewDisposeScope();
        LayeredNetwork network = setting.Architecture.Network;
        bool hasImages = setting.Architecture.Constant is null;
        int networks = hasImages ? sizes.Networks : sizes.PointNetworks;
        int trained = hasImages ? sizes.Trained : 0;
        var random = new SeededRandom(work.Seed);
        (double[] numbers, Tensor targets, ImageShape shape) = hasImages ? Images(sizes.Examples, setting.Architecture.IsConvolutional, work.Data!, random) : (FiniteArchitecture.Points, zeros(3, 1), new ImageShape(3, 1, 1));
        int count = numbers.Length / shape.Count;
        Tensor inputs = tensor(numbers, [count, shape.Count]).to(ScalarType.Float32);
        Tensor wide = KernelTensors.Of(network.Matrix<double>(numbers, shape));
        double norm = wide.norm().item<double>();
        double rate = 1 / KernelSpectrum.Of(wide).Largest;
        var errors = new double[networks];
        var courses = new List<(double Own, double Wide, FiniteCourse Course)>();
        for (int i = 0; i < networks; i++)
        {
            work.Cancellation.ThrowIfCancellationRequested();
            using var one = NewDisposeScope();
            using var model = FiniteNetwork.Of(network, shape, setting.Width, 1, random.Derive(Invariant($"{setting.Name}, network {i}")).NextInt(int.MaxValue));
            Tensor own = tensor(EmpiricalKernel.OfOutputs(model, inputs, null, work.Cancellation).Values.ToArray(), [count, count]);
            errors[i] = (own - wide).norm().item<double>() / norm;
            if (i < trained)
            {
                var course = DescentCourse.Of(model, inputs, targets, rate, sizes.Steps, work.Cancellation);
                courses.Add((course.Departure(own), course.Departure(wide), new FiniteCourse(course.Losses(), course.Losses(own), course.Losses(wide))));
            }

            work.OnProgress((i + 1.0) / networks);
        }

        return new FiniteRun(errors, [.. courses.Select(each => each.Own)], [.. courses.Select(each => each.Wide)], courses.Count > 0 ? courses[0].Course : null);
    }

    // Targets are 1 for the first half of the classes and −1 for the others: with one output the network's kernel is exactly that of its training.
    private static (double[] Numbers, Tensor Targets, ImageShape Shape) Images(int examples, bool hasPositions, ImageData data, SeededRandom random)
    {
        int seed = random.Derive("training set").NextInt(int.MaxValue);
        ImageSet chosen = Sampling.Choose(data.Train, examples, seed);
        ExampleSet train = Standardize.ByTrainingPart(chosen, chosen).Train;
        float[] targets = [.. train.Labels!.Select(label => 2 * label < train.ClassCount ? 1f : -1f)];
        int[] sides = [.. train.InputShape];
        ImageShape shape = hasPositions ? new(sides[0], sides[1], sides[2]) : new(sides[0] * sides[1] * sides[2], 1, 1);
        return ([.. train.Inputs.Select(value => (double)value)], tensor(targets, [examples, 1]), shape);
    }
}

/// <summary>Mean squared differences of outputs and targets over the compared steps.</summary>
/// <param name="Actual">The network's.</param>
/// <param name="Own">What its kernel at initialization predicts.</param>
/// <param name="Wide">What the kernel of infinite width predicts.</param>
internal sealed record FiniteCourse(double[] Actual, double[] Own, double[] Wide);
