using Presage.Cli.Studies;
using Presage.Gradients;
using Presage.Measures;
using Presage.Runs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Cli.Reproductions;

/// <summary>A toy model's training, step by step: T+1 moments, from before the first step to after the last.</summary>
/// <param name="TrainLoss">Mean loss on the training examples (T+1).</param>
/// <param name="TestLoss">Loss on the test example (T+1).</param>
/// <param name="Coherence">α_m/α_m⊥ of the training examples (T+1); null from where the training loss is so small that residuals are rounding.</param>
/// <param name="Weights">Every weight (T+1, weights), parameter after parameter by their names.</param>
/// <param name="Alphas">Component-wise α of every weight (T+1, weights); none where coherence is null.</param>
internal sealed record ToyCourse(double[] TrainLoss, double[] TestLoss, double?[] Coherence, double[][] Weights, double[][] Alphas)
{
    // A residual of 1e-6 still has ten digits of a target of 1.
    private const double Rounding = 1e-12;

    /// <summary>Moments at which coherence was measured.</summary>
    public int Measured => Coherence.Count(value => value is not null);

    /// <summary>Trains a model on the first four examples of a set and measures it at every step.</summary>
    /// <param name="model">The model; remains the caller's.</param>
    /// <param name="set">The data.</param>
    /// <param name="plan">How to train.</param>
    /// <param name="steps">Number T of steps.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public static ToyCourse Of(nn.Module<Tensor, Tensor> model, RealOrRandom set, BatchPlan plan, int steps, CancellationToken cancellation)
    {
        var (train, test) = (new double[steps + 1], new double[steps + 1]);
        var coherence = new double?[steps + 1];
        var (weights, alphas) = (new double[steps + 1][], new double[steps + 1][]);
        var probe = new GradientProbe(model);
        (string name, Parameter parameter)[] named = [.. model.named_parameters().OrderBy(each => each.name, StringComparer.Ordinal)];
        using var trainer = new BatchTrainer(model, set.TrainInputs, set.TrainTargets, RealOrRandom.Loss, plan);
        for (int step = 0; step <= steps; step++)
        {
            trainer.AdvanceTo(step, cancellation: cancellation);
            using var scope = NewDisposeScope();
            train[step] = Evaluation.Of(model, set.TrainInputs, set.TrainTargets, RealOrRandom.Loss, cancellation: cancellation).Loss;
            test[step] = Evaluation.Of(model, set.TestInputs, set.TestTargets, RealOrRandom.Loss, cancellation: cancellation).Loss;
            weights[step] = [.. named.SelectMany(each => each.parameter.data<double>().ToArray())];
            alphas[step] = [];
            if (train[step] > Rounding)
            {
                GradientStatistics statistics = probe.Measure(set.TrainInputs, set.TrainTargets, RealOrRandom.Loss, cancellation);
                var parameters = statistics.Layers.SelectMany(layer => layer.Parameters).ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
                coherence[step] = Measures.Coherence.Of(statistics).OverOrthogonal;
                alphas[step] = [.. named.SelectMany(each => Measures.Coherence.PerComponent(parameters[each.name], statistics).Alpha)];
            }
        }

        return new ToyCourse(train, test, coherence, weights, alphas);
    }

    /// <summary>The measured coherence that is farthest from a value.</summary>
    public double FarthestFrom(double value) => Coherence.OfType<double>().MaxBy(each => Math.Abs(each - value));

    /// <summary>A curve over the steps.</summary>
    public static Runs.Reproductions.Curve Line(string name, IEnumerable<double?> values)
    {
        double?[] all = [.. values];
        return new(name, Runs.Reproductions.CurveKind.Line, [.. all.Select((_, step) => (double)step)], all);
    }

    /// <inheritdoc cref="Line(string, IEnumerable{double?})"/>
    public static Runs.Reproductions.Curve Line(string name, IEnumerable<double> values) => Line(name, values.Select(value => (double?)value));
}
