using Presage.Cli.Reproductions;
using Presage.Cli.Studies;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>The models and data of document 003's Examples 1, 7 and 8.</summary>
public sealed class ToyCourseTests : IDisposable
{
    private const int Common = RealOrRandom.Common;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(true, 2.5)]
    [InlineData(false, 1)]
    public void Gradient_descent_on_the_linear_model_keeps_its_coherence(bool real, double expected)
    {
        ToyCourse course = Train(ToyModels.Linear(), real, new StepRuleChoice(), 4);
        Assert.All(course.Coherence, value => Assert.Equal(expected, value!.Value, 1e-12));
        Assert.All(course.Alphas, alphas => Assert.Equal([0.25, real ? 1 : 0], [alphas[0], alphas[Common]]));
        Assert.Equal(real, course.TestLoss[^1] < course.TestLoss[0]);
    }

    [Theory]
    [InlineData(StepRule.Wsgd, 4)]
    [InlineData(StepRule.M3, 3)]
    public void A_median_leaves_what_is_idiosyncratic_at_zero_and_learns_what_is_common(string rule, int batch)
    {
        ToyCourse course = Train(ToyModels.Linear(), true, new StepRuleChoice(rule, 50), batch);
        Assert.All(course.Weights, weights => Assert.Equal(new double[Common], weights[..Common]));
        Assert.Equal(course.TrainLoss, course.TestLoss);

        // Of a constant gradient but for the residual 1 − w6, which shrinks by the learning rate.
        Assert.Equal(1 - Math.Pow(0.9, 20), course.Weights[^1][Common], 1e-12);
    }

    [Fact]
    public void The_deep_model_starts_where_the_linear_one_is_and_rises()
    {
        ToyCourse course = Train(new DeepLinear(0.01), true, new StepRuleChoice(), 4);
        Assert.Equal(2.5, course.Coherence[0]!.Value, 1e-12);
        Assert.All(course.Coherence.Zip(course.Coherence.Skip(1)), pair => Assert.True(pair.Second > pair.First));
        Assert.All(course.Weights, weights => Assert.Equal(weights[..6], weights[6..]));
    }

    [Fact]
    public void Networks_side_by_side_train_as_each_alone()
    {
        double[] first = [0.1, 0.5, -0.3];
        double[] second = [0.01, -0.2, 0.4];
        double[][] together = Features(first, second);
        for (int i = 0; i < first.Length; i++)
        {
            double[] alone = Features([first[i]], [second[i]])[0];
            Assert.All(alone.Zip(together[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        }

        static double[][] Features(double[] first, double[] second)
        {
            using var set = new RealOrRandom(real: true);
            using var model = new TwoNeurons(first, second, 0.01);
            using var trainer = new BatchTrainer(model, set.TrainInputs, set.TrainTargets, RealOrRandom.Loss, new BatchPlan(4, 0.1, 1));
            trainer.AdvanceTo(30);
            return model.FeatureWeights();
        }
    }

    [Fact]
    public void A_feature_s_weight_is_the_output_on_it_alone()
    {
        using var model = new TwoNeurons([0.1, 0.5], [0.7, -0.2], 0.3);
        using var noGrad = no_grad();
        double[] outputs = [.. model.call(eye(6, dtype: ScalarType.Float64)).transpose(0, 1).contiguous().flatten().data<double>()];
        Assert.All(outputs.Zip(model.FeatureWeights().SelectMany(row => row)), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Equal(0.21, model.FeatureWeights()[0][Common], 1e-12);
    }

    private static ToyCourse Train(nn.Module<Tensor, Tensor> model, bool real, StepRuleChoice rule, int batch)
    {
        using var set = new RealOrRandom(real);
        using (model)
        {
            return ToyCourse.Of(model, set, new BatchPlan(batch, 0.1, 1, rule, KeepsRest: false), 20, CancellationToken.None);
        }
    }
}
