using Presage.Gradients;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Presage.Tests.GradientOracle;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Presage.Tests;

/// <summary>What all examples share, parameters of a model's own and layers over them, is given to each as a copy where that changes nothing.</summary>
public sealed class GradientCopiesTests : SmallClassification
{
    private const int Length = 5;
    private const int Width = 4;

    [Theory]
    [InlineData("position with a leading axis", new long[] { 1, Length, Width })]
    [InlineData("position", new long[] { Length, Width })]
    [InlineData("position, sequences first", new long[] { Length, 1, Width })]
    [InlineData("position of longer sequences", new long[] { 1, Length + 3, Width })]
    [InlineData("class token", new long[] { 1, 1, Width })]
    [InlineData("scale", new long[] { Width })]
    [InlineData("scale of places", new long[] { Length, 1 })]
    [InlineData("temperature", new long[] { })]
    public void A_parameter_that_acts_by_broadcasting_is_covered(string use, long[] shape)
    {
        var (x, y) = Classification(7, [Length, Width], Classes, 2);
        foreach (long budget in new[] { 1, 3_000, ProbeOptions.DefaultMemoryBudget })
        {
            var coverage = AssertProbeEqualsLoop(Randomize(new Own(shape, Use(use)), 3), x, y, Losses.CrossEntropy, 1e-9, budget);
            Assert.All(coverage, c => Assert.Equal(CoverageMethod.ClosedForm, c.Method));
            Assert.Equal("Used in forward() of Own: given to each example as a copy, which changes no loss.", coverage[0].Reason);
        }
    }

    [Theory]
    [InlineData("positions")]
    [InlineData("positions with a leading axis")]
    [InlineData("perceptron over places")]
    public void Layers_over_what_all_examples_share_are_covered(string kind)
    {
        var table = Embedding(Length, Width, dtype: F64);
        var (first, second) = (Linear(2, 6, dtype: F64), Linear(6, Width, dtype: F64));
        var head = Linear(Width, Classes, dtype: F64);
        Tensor places = randn([Length, 2], F64, generator: new Generator(1));
        var model = new ComposedModel(
            x => head.call((x + (kind switch
            {
                "positions" => table.call(arange(Length)),
                "positions with a leading axis" => table.call(arange(Length).unsqueeze(0)),
                _ => second.call(first.call(places).tanh()),
            })).tanh().mean([1])),
            ("table", table),
            ("first", first),
            ("second", second),
            ("head", head));
        foreach (int examples in new[] { 1, 2, 3, Length, 7 })
        {
            var (x, y) = Classification(examples, [Length, Width], Classes, 4);
            AssertCoveredEqualsLoop(Randomize(model, 5), x, y, Losses.CrossEntropy);
        }
    }

    [Fact]
    public void Single_precision_is_covered_to_its_rounding()
    {
        var (x, y) = Classification(7, [Length, Width], Classes, 2, ScalarType.Float32);
        var coverage = AssertProbeEqualsLoop(Randomize(new Own([1, Length, Width], Use("position"), ScalarType.Float32), 3), x, y, Losses.CrossEntropy, 1e-4);
        Assert.All(coverage, c => Assert.Equal(CoverageMethod.ClosedForm, c.Method));
    }

    [Theory]
    [InlineData(false, ScalarType.Float64, 1e-9)]
    [InlineData(true, ScalarType.Float64, 1e-9)]
    [InlineData(false, ScalarType.Float32, 1e-4)]
    [InlineData(true, ScalarType.Float32, 1e-4)]
    public void A_penalty_on_the_parameter_counts_however_small_it_is(bool throughField, ScalarType type, double tolerance)
    {
        var model = Randomize(new Own([Length, Width], Use("position"), type), 3);
        Parameter itself = model.Parameter;
        Tensor Loss(Tensor o, Tensor t) => Losses.CrossEntropy(o, t) + 1e-6 * (throughField ? model.Parameter : itself).square().sum();
        var (x, y) = Classification(7, [Length, Width], Classes, 2, type);
        var coverage = AssertProbeEqualsLoop(model, x, y, Loss, tolerance);
        Assert.Equal(CoverageMethod.Fallback, coverage[0].Method);
    }

    [Theory]
    [InlineData("mean over itself")]
    [InlineData("product of two")]
    [InlineData("rows of a table")]
    public void A_parameter_that_does_not_broadcast_is_measured_by_the_fallback(string use)
    {
        var (x, y) = Classification(7, [Length, Width], Classes, 2);
        var model = Randomize(new Own([Length, Width], Use(use)), 3);
        var coverage = AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-9);
        Assert.Equal(CoverageMethod.Fallback, coverage[0].Method);
        Assert.Contains("a first axis of size 1", coverage[0].Reason, StringComparison.Ordinal);
        Assert.All(coverage.Skip(1), c => Assert.Equal(CoverageMethod.ClosedForm, c.Method));
    }

    [Fact]
    public void Copies_that_only_few_examples_have_room_for_are_given_up()
    {
        // The first positions of a table: three copies of it pass for positions, seven do not.
        var (x, y) = Classification(7, [Length, Width], Classes, 2);
        var model = Randomize(new Own([Length, Width], (h, p, head) => head.call((h + p[..Length]).tanh().mean([1]))), 3);
        var coverage = AssertProbeEqualsLoop(model, x, y, Losses.CrossEntropy, 1e-9);
        Assert.Equal(CoverageMethod.Fallback, coverage[0].Method);
        Assert.Contains("7 copies are refused", coverage[0].Reason, StringComparison.Ordinal);
        AssertProbeEqualsLoop(model, x[..4], y[..4], Losses.CrossEntropy, 1e-9);
    }

    [Fact]
    public void A_parameter_that_is_no_longer_used_through_its_field_is_measured_all_the_same()
    {
        Parameter? itself = null;
        var (x, y) = Classification(7, [Length, Width], Classes, 2);
        var model = Randomize(new Own([1, Length, Width], (h, p, head) => head.call((h + (itself ?? p)).tanh().mean([1]))), 3);
        var probe = new GradientProbe(model);
        GradientStatistics through = probe.Measure(x, y, Losses.CrossEntropy);
        Assert.Equal(CoverageMethod.ClosedForm, probe.Coverage[0].Method);
        itself = model.Parameter;
        AssertNorms(through, probe.Measure(x, y, Losses.CrossEntropy));
        Assert.Equal(CoverageMethod.Fallback, probe.Coverage[0].Method);
    }

    [Fact]
    public void The_model_holds_its_own_parameter_again_be_it_that_the_model_fails()
    {
        var (x, y) = Classification(7, [Length, Width], Classes, 2);
        int runs = 0;
        int failing = int.MaxValue;
        var model = Randomize(
            new Own([1, Length, Width], (h, p, head) => ++runs < failing ? head.call((h + p).tanh().mean([1])) : throw new InvalidOperationException("on purpose")), 3);
        Parameter before = model.Parameter;
        var probe = new GradientProbe(model);
        probe.Measure(x, y, Losses.CrossEntropy);
        Assert.Same(before, model.Parameter);
        Assert.True(before.requires_grad);
        failing = runs + 1;
        Assert.Equal("on purpose", Assert.Throws<InvalidOperationException>(() => probe.Measure(x, y, Losses.CrossEntropy)).Message);
        Assert.Same(before, model.Parameter);
    }

    [Fact]
    public void Copies_leave_no_tensor_behind()
    {
        var (x, y) = Classification(7, [Length, Width], Classes, 2);
        var model = Randomize(new Own([Length, Width], Use("position")), 3);
        var refusing = Randomize(new Own([Length, Width], (h, p, head) => head.call((h + p[..Length]).tanh().mean([1]))), 3);
        Run();
        long live = LeakTests.LiveTensors();
        Run();
        Assert.Equal(live, LeakTests.LiveTensors());

        void Run()
        {
            foreach (long budget in new[] { 1, 3_000, ProbeOptions.DefaultMemoryBudget })
            {
                new GradientProbe(model, new ProbeOptions(budget)).Measure(x, y, Losses.CrossEntropy);
                new GradientProbe(model, new ProbeOptions(budget)).Gram(x, y, Losses.CrossEntropy);
                new GradientProbe(refusing, new ProbeOptions(budget)).Measure(x, y, Losses.CrossEntropy);
            }
        }
    }

    // From (N, T, d), the parameter and the output layer to logits.
    private static Func<Tensor, Tensor, Module<Tensor, Tensor>, Tensor> Use(string use) => (x, p, head) => use switch
    {
        "position, sequences first" => head.call((x.transpose(0, 1) + p).tanh().mean([0])),
        "position of longer sequences" => head.call((x + p[.., ..Length]).tanh().mean([1])),
        "class token" => head.call(cat([p.expand(x.shape[0], -1, -1), x], 1).cumsum(1).tanh().mean([1])),
        "scale" or "scale of places" => head.call((x * p).tanh().mean([1])),
        "temperature" => head.call(x.mean([1])) * p,
        "mean over itself" => head.call((x + p - p.mean()).tanh().mean([1])),
        "product of two" => head.call((x + p.t().mm(p)[..1]).tanh().mean([1])),
        "rows of a table" => head.call((x + p[arange(Length).flip(0)]).tanh().mean([1])),
        _ => head.call((x + p).tanh().mean([1])),
    };

    private sealed class Own : Module<Tensor, Tensor>
    {
        private readonly Parameter parameter;
        private readonly Linear head;
        private readonly Func<Tensor, Tensor, Module<Tensor, Tensor>, Tensor> _use;

        public Own(long[] shape, Func<Tensor, Tensor, Module<Tensor, Tensor>, Tensor> use, ScalarType type = F64)
            : base("Own")
        {
            parameter = new Parameter(zeros(shape, type));
            head = Linear(Width, Classes, dtype: type);
            _use = use;
            RegisterComponents();
        }

        public Parameter Parameter => parameter;

        public override Tensor forward(Tensor input) => _use(input, parameter, head);
    }
}
