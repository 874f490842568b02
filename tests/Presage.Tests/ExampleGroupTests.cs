using Presage.Cli.Studies;
using Presage.Data;
using Presage.Gradients;
using Presage.Measures;
using Presage.Models;
using Presage.Runs;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>Groups of the measured examples, from the monitor's options to the page.</summary>
public sealed class ExampleGroupTests : MonitoredLoop
{
    private static readonly ExampleGroups Halves = new(["a.b", "rest"], [.. Enumerable.Range(0, 60).Select(i => i % 3 == 0 ? 0 : 1)]);

    [Fact]
    public void Each_point_has_every_group_s_coherence_and_losses_and_they_are_read_back()
    {
        RunRecord run = Finished(new MonitorOptions { Groups = Halves, Clock = new Clock() });
        Assert.All(run.Series[0].Points, point =>
        {
            Assert.Equal([("a.b", 20), ("rest", 40)], point.Groups!.Select(group => (group.Name, group.Examples)));
            Assert.Equal(point.TrainLoss!.Value, point.Groups!.Sum(group => group.Examples * group.Loss!.Value) / 60, 1e-5);
            Assert.Equal(point.TrainAccuracy!.Value, point.Groups!.Sum(group => group.Examples * group.Accuracy!.Value) / 60, 1e-9);
            Assert.All(point.Groups!, group => Assert.Equal(["fc1", "fc2"], group.Coherence.Layers.Select(layer => layer.Name)));
            Assert.All(point.Groups!, group => Assert.NotNull(group.Coherence.Network.Ci95));
        });
        MonitoredNetwork model = Network();
        model.eval();
        var chosen = Enumerable.Range(0, 60).Where(i => i % 3 == 0).Select(i => (long)i).ToArray();
        GradientStatistics alone = new GradientProbe(model).Measure(Inputs[TensorIndex.Tensor(tensor(chosen))], Labels[TensorIndex.Tensor(tensor(chosen))], Losses.CrossEntropy);
        GroupCoherence first = run.Series[0].Points[0].Groups![0].Coherence;
        Assert.Equal(Coherence.Of(alone).OverOrthogonal, first.Network.OverOrthogonal, 1e-4);
        Assert.Equal(Coherence.Of(alone.OfLayer("fc2")).AlphaDebiased!.Value, first.Layers[1].Coherence.AlphaDebiased!.Value, 1e-4);
    }

    [Fact]
    public void The_whole_sample_and_the_training_are_as_without_groups()
    {
        RunRecord with = Finished(new MonitorOptions { Groups = Halves, Clock = new Clock() });
        RunRecord without = Finished(new MonitorOptions { Clock = new Clock() });
        foreach (var (a, b) in with.Series[0].Points.Zip(without.Series[0].Points))
        {
            Assert.Null(b.Groups);
            Assert.Equal(b.TrainLoss!.Value, a.TrainLoss!.Value, 1e-5);
            Assert.Equal(b.Network.Coherence.OverOrthogonal, a.Network.Coherence.OverOrthogonal, 1e-3);
            Assert.Equal(b.Network.Coherence.Ci95!.Value.High, a.Network.Coherence.Ci95!.Value.High, 1e-2);
            Assert.Equal(b.Network.SignAgreement!.Value, a.Network.SignAgreement!.Value, 1e-3);
        }

        Assert.Equal(Weights(null), Weights(new MonitorOptions { Groups = Halves, OverheadBudget = 1, Clock = new Clock() }));
    }

    [Fact]
    public void The_page_shows_every_group_and_says_how_many_examples_it_has()
    {
        RunRecord run = Finished(new MonitorOptions { Groups = Halves with { Names = ["<easy>", "hard"] }, Clock = new Clock() });
        string page = ReportPage.Render(run);
        Assert.Contains("<h3>Coherence α<sub>m</sub>/α<sub>m⊥</sub> by group</h3>", page, StringComparison.Ordinal);
        Assert.Contains("<h3>Accuracy by group</h3>", page, StringComparison.Ordinal);
        Assert.Contains("20 &lt;easy&gt;, 40 hard", page, StringComparison.Ordinal);
        Assert.Contains("<td>real, &lt;easy&gt;</td><td>20</td>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("by group", ReportPage.Render(Finished()), StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_that_are_none_of_the_examples_are_refused()
    {
        foreach (ExampleGroups groups in new[]
        {
            Halves with { Of = [.. Halves.Of.Take(59)] }, Halves with { Names = ["a", "a"] }, Halves with { Names = ["a", ""] }, Halves with { Names = ["a"] },
            Halves with { Names = ["a", "b", "c"] }, new ExampleGroups([], []),
        })
        {
            Assert.Contains("60 measured examples", Assert.Throws<ArgumentException>(() => Start(Network(), new MonitorOptions { Groups = groups })).Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Folder));
        }
    }

    [Fact]
    public void Right_and_wrong_labels_are_groups_where_there_are_two_of_each()
    {
        ExampleGroups groups = ExampleGroups.PristineAndCorrupt([true, false, false, true, false])!;
        Assert.Equal(["pristine", "corrupt"], groups.Names);
        Assert.Equal([3, 2], groups.Sizes);
        Assert.Equal([1, 2, 4, 0, 3], groups.Order);
        Assert.Null(ExampleGroups.PristineAndCorrupt([true, false, false]));
        Assert.Null(ExampleGroups.PristineAndCorrupt([true, true, false]));
        Assert.Null(ExampleGroups.PristineAndCorrupt([]));
    }

    [Fact]
    public void A_diagnosis_measures_the_groups_of_its_first_training_examples()
    {
        ExampleSet examples = ToySets.Product(40, 0.01, 1);
        bool[] wrong = [.. Enumerable.Range(0, 40).Select(i => i % 4 == 1)];
        var plan = new TrainingPlan(new BatchPlan(10, 0.01, 1), 20, CPU);
        using var training = new Training("real", Networks.Mlp([2], [8], 1, seed: 3), examples, examples, plan, wrong);
        MeasuringPoint point = training.Measure(CancellationToken.None);
        Assert.Equal([("pristine", 15), ("corrupt", 5)], point.Groups!.Select(group => (group.Name, group.Examples)));

        using nn.Module<Tensor, Tensor> model = Networks.Mlp([2], [8], 1, seed: 3);
        int[] chosen = [.. Enumerable.Range(0, 20).Where(i => wrong[i])];
        Tensor inputs = tensor([.. chosen.SelectMany(i => examples.Inputs[(2 * i)..((2 * i) + 2)])], [5, 2]);
        Tensor targets = tensor([.. chosen.Select(i => examples.Targets![i])], [5, 1]);
        Assert.Equal(Losses.SquaredError(model.call(inputs), targets).mean().item<float>(), point.Groups![1].Loss!.Value, 1e-5);
        Assert.Equal(
            Coherence.Of(PerExampleLoop.Measure(model, inputs, targets, Losses.SquaredError)).Alpha, point.Groups![1].Coherence.Network.Alpha, 1e-5);
    }

    private string Weights(MonitorOptions? options)
    {
        MonitoredNetwork model = Network();
        model.train();
        using var optimizer = optim.Adam(model.parameters(), 0.01);
        using TrainingMonitor? monitor = options is null ? null : Start(model, options);
        for (int step = 0; step < 40; step++)
        {
            using var scope = NewDisposeScope();
            using Tensor chosen = randperm(60)[..20];
            optimizer.zero_grad();
            Losses.CrossEntropy(model.call(Inputs[chosen]), Labels[chosen]).mean().backward();
            optimizer.step();
            monitor?.Step();
        }

        monitor?.Finish();
        return State(model);
    }
}
