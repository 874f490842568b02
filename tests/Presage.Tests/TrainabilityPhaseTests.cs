using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Kernels;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

/// <summary>The reproduction of phases.</summary>
public sealed class TrainabilityPhaseTests
{
    [Fact]
    public void Claims_hold_where_all_is_as_theory_says_and_not_where_it_is_not()
    {
        Assert.Empty(Broken(result => result));
        Assert.Equal(["reference-ordered"], Broken("erf-ordered", point => point with { Theory = point.Theory with { FixedVariance = 0.43517 } }));
        Assert.Equal(["reference-chaotic"], Broken("erf-chaotic", point => point with { Theory = point.Theory with { SusceptibilityApart = 0.96955196 } }));
        Assert.Equal(["rate-ordered"], Broken("tanh-ordered", point => point with { Rate = point.Rate with { Measured = 1.01 * point.Rate.Measured } }));
        Assert.Equal(["rate-ordered"], Broken("relu-below", point => point with { Rate = point.Rate with { Measured = 1.01 * point.Rate.Measured } }));
        Assert.Equal(["rate-chaotic"], Broken("tanh-chaotic", point => point with { Rate = point.Rate with { Measured = 1.01 * point.Rate.Measured } }));
        Assert.Equal(["power-critical"], Broken("erf-critical", point => point with { Rate = point.Rate with { Measured = -1.1 } }));
        Assert.Equal(["power-relu", "relu-not-chaotic"], Broken("relu-above", point => point with { Rate = point.Rate with { Measured = -1, LastEpsilon = 0.2 } }));
        Assert.Equal(["finite-variance-ordered"], Broken("erf-ordered", point => point with { Pairs = [.. point.Pairs.Select(pair => pair with { Variance = [1.1 * pair.Variance[0]] })] }));
        Assert.Equal(["finite-correlation-relu"], Broken("relu-above", point => point with { Pairs = [.. point.Pairs.Select(pair => pair with { Epsilon = [0.9 * pair.Epsilon[0]] })] }));
        Assert.Empty(Broken("erf-ordered", point => point with { Pairs = [.. point.Pairs.Select(pair => pair with { Variance = [1.1 * pair.Variance[0]], VarianceError = 0.02 })] }));
        Assert.Equal(["line-tanh"], Broken(result => new PhaseResult(result.Plane! with { Line = [result.Plane.Line[0], result.Plane.Line[1] with { ByRoot = 1.3 }] }, null), "tanh-plane"));
    }

    [Fact]
    public void Random_networks_are_near_the_recursion_and_are_the_seeds()
    {
        var sizes = new RandomSizes(12, 300, 3);
        IReadOnlyList<FinitePair> pairs = Drawn(1);
        Assert.All(pairs, pair =>
        {
            Assert.Equal(4, pair.Epsilon.Length);
            Assert.Equal(pair.VarianceTheory[^1], pair.Variance[^1], (4 * pair.VarianceError) + (sizes.Allowance * pair.VarianceTheory[^1]));
            Assert.Equal(pair.EpsilonTheory[^1], pair.Epsilon[^1], (4 * pair.EpsilonError) + (sizes.Allowance * pair.EpsilonTheory[^1]));
        });
        Assert.Equal(pairs[1].Epsilon, Drawn(1)[1].Epsilon);
        Assert.NotEqual(pairs[1].Epsilon, Drawn(2)[1].Epsilon);

        IReadOnlyList<FinitePair> Drawn(int seed) => RandomNetworks.Of(Activations.Erf, 1.5, 0.05, sizes, new SeededRandom(seed), _ => { }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void The_recursions_rate_is_theorys()
    {
        foreach (DepthRate rate in ((double[])[1.25, 1.5]).Select(weight => DepthRate.Of(Activations.Erf, MeanField.Of(Activations.Erf, weight, 0.05))))
        {
            Assert.False(rate.IsPower);
            Assert.Equal(rate.Expected, rate.Measured, 1e-5);
        }
    }

    private static IEnumerable<string> Broken(string name, Func<PhasePointResult, PhasePointResult> change) =>
        Broken(result => new PhaseResult(null, change(result.Point!)), name);

    private static IEnumerable<string> Broken(Func<PhaseResult, PhaseResult> change, string? name = null) => new TrainabilityPhase().Judge(
        Scale.Quick,
        [
            .. TrainabilityPhase.Places().Select(setting => string.Equals(setting.Name, name, StringComparison.Ordinal) ? change(MadeUp(setting)) : MadeUp(setting))
                .Select(result => JsonSerializer.Serialize(result, Reproduction.Json)),
        ]).Claims.Where(claim => !claim.Holds).Select(claim => claim.Id);

    private static PhaseResult MadeUp(PhaseSetting setting)
    {
        ActivationFunction activation = Activations.Named(setting.Activation);
        if (string.Equals(setting.Place, PhaseSetting.Plane, StringComparison.Ordinal))
        {
            return new PhaseResult(new PhasePlaneResult([], [Place(0), Place(0.05)]), null);
        }

        MeanFieldPoint theory = MeanField.Of(activation, setting.WeightVariance, setting.BiasVariance);
        DepthRate rate = theory.CorrelationDepthScale is { } scale ? new DepthRate(-1 / scale, -1 / scale, false, 1, 2, 0) : Power(theory.Phase == Phase.Critical ? -1 : -2);
        return new PhaseResult(null, new PhasePointResult(theory, rate, [new FinitePair(0, [0.5], [0.5], 0, [0.3], [0.3], 0)]));

        static DepthRate Power(double power) => new(power, power, true, 1, 2, 0);

        CriticalPlace Place(double bias)
        {
            double critical = CriticalLine.WithBias(activation, bias)[0].WeightVariance;
            return new CriticalPlace(bias, critical, critical);
        }
    }
}
