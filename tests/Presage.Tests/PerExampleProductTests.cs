using CsCheck;
using Presage.Numerics;
using Xunit;

namespace Presage.Tests;

public unsafe class PerExampleProductTests
{
    // Sizes beside multiples of the tiles: six entries, and two vectors of 4 to 16 outputs; panels of 48 to 192 entries.
    private static readonly Gen<ProductProblem> _problems = Gen.Select(
        Gen.OneOf(Gen.Int[1, 4], Gen.Int[63, 66]),
        Gen.OneOf(Gen.Int[1, 9], Gen.Int[127, 129], Gen.Const(260)),
        Gen.OneOf(Gen.Int[1, 17], Gen.Int[31, 34]),
        Gen.OneOf(Gen.Int[1, 13], Gen.Int[95, 98], Gen.Int[190, 194], Gen.Const(500)),
        Gen.Enum<DeltaLayout>(),
        Gen.Bool,
        Gen.Int,
        ProductProblem.Of).Where(p => p.Shape.Multiplications < 4e6);

    [Fact]
    public void Doubles_agree_with_the_triple_loop() =>
        _problems.Sample(p => AssertClose(p.Loop(), p.Accumulate<double>(wide: null), 1e-12), iter: 100);

    [Fact]
    public void Floats_agree_with_the_triple_loop() =>
        _problems.Sample(p => AssertClose(p.Loop(), p.Accumulate<float>(wide: null), 1e-5), iter: 100);

    [Fact]
    public void Vectors_of_512_bits_agree_with_the_triple_loop() => _problems.Sample(
        p =>
        {
            AssertClose(p.Loop(), p.Accumulate<double>(wide: true), 1e-12);
            AssertClose(p.Loop(), p.Accumulate<float>(wide: true), 1e-5);
        },
        iter: 50);

    [Fact]
    public void A_convolution_needs_no_unfolding()
    {
        // 3 channels of 9x8 with windows of 3x2, stride 2 down and 1 across, dilation 1 and 2: each output sees what the formula says.
        const int n = 5, c = 3, h = 9, w = 8, o = 7;
        int[] positions = [.. from y in Enumerable.Range(0, 4) from x in Enumerable.Range(0, 6) select y * 2 * w + x];
        int[] entries =
        [
            .. from k in Enumerable.Range(0, c) from y in Enumerable.Range(0, 3) from x in Enumerable.Range(0, 2) select (k * h + y) * w + x * 2,
        ];
        ProductShape shape = ProductShape.Convolution(n, positions.Length, o, entries.Length);
        var problem = new ProductProblem(shape, c * h * w, positions, entries, Signs: true, Seed: 3);
        AssertClose(problem.Loop(), problem.Accumulate<double>(wide: null), 1e-12);
        AssertClose(problem.Loop(), problem.Accumulate<float>(wide: null), 1e-5);
    }

    [Theory]
    [InlineData(256, 60, 10, 25)]
    [InlineData(70, 64, 40, 500)]
    [InlineData(3, 5, 700, 1300)]
    [InlineData(2, 300, 300, 30)]
    [InlineData(70, 9, 600, 30)]
    public void Products_cut_for_several_processors_agree_with_the_triple_loop_and_repeat_to_the_bit(int n, int t, int o, int i)
    {
        ProductProblem problem = ProductProblem.Of(n, t, o, i, DeltaLayout.Convolution, true, 5);
        MomentArrays expected = problem.Loop();
        foreach (bool wide in new[] { true, false })
        {
            MomentArrays moments = problem.Accumulate<float>(wide);
            AssertClose(expected, moments, 1e-5);
            MomentArrays again = problem.Accumulate<float>(wide);
            Assert.Equal(moments.Sum, again.Sum);
            Assert.Equal(moments.SumOfSquares, again.SumOfSquares);
            Assert.Equal(moments.SignSum, again.SignSum);
            Assert.Equal(moments.SquaredNorms, again.SquaredNorms);
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_not_finite_shows_in_its_examples_norm_and_in_no_other(double bad)
    {
        // Ten outputs and seven entries leave lanes and entries of the tiles empty.
        ProductProblem problem = ProductProblem.Of(4, 3, 10, 7, DeltaLayout.Linear, false, 1);
        foreach (bool inDeltas in new[] { true, false })
        {
            foreach (bool wide in new[] { true, false })
            {
                MomentArrays moments = problem.Accumulate<float>(wide, (values, deltas) => (inDeltas ? deltas : values)[^1] = (float)bad);
                Assert.Equal([true, true, true, false], moments.SquaredNorms.Select(double.IsFinite));
                Assert.Equal(double.IsNaN(bad), double.IsNaN(moments.SquaredNorms[3]));
                Assert.Equal(inDeltas ? 7 : 10, moments.Sum.Count(s => !double.IsFinite(s)));
            }
        }
    }

    [Fact]
    public void An_empty_product_adds_nothing()
    {
        foreach (var (n, t, o, i) in new[] { (0, 2, 2, 2), (2, 0, 2, 2), (2, 2, 0, 2), (2, 2, 2, 0) })
        {
            ProductProblem problem = ProductProblem.Of(n, t, o, i, DeltaLayout.Linear, true, 1);
            MomentArrays moments = problem.Accumulate<double>(wide: null);
            Assert.Equal(problem.Initial().Sum, moments.Sum);
            Assert.Equal(problem.Initial().SquaredNorms, moments.SquaredNorms);
        }
    }

    [Fact]
    public void Offsets_that_do_not_fit_are_refused()
    {
        ProductProblem problem = ProductProblem.Of(2, 3, 4, 5, DeltaLayout.Linear, true, 1);
        Assert.Throws<ArgumentException>(() => (problem with { Positions = [0, 5] }).Accumulate<float>(wide: null));
        Assert.Throws<ArgumentException>(() => (problem with { Positions = [0, 5, 11] }).Accumulate<float>(wide: null));
        Assert.Throws<ArgumentException>(() => (problem with { Entries = [-1, 1, 2, 3, 4] }).Accumulate<float>(wide: null));
        Assert.Throws<ArgumentException>(() => (problem.Shape with { Examples = -1 }).Check(15, problem.Positions, problem.Entries));
        Assert.Throws<NotSupportedException>(() => problem.Accumulate<Half>(wide: null));
    }

    private static void AssertClose(MomentArrays expected, MomentArrays actual, double tolerance)
    {
        AssertClose(expected.Sum, actual.Sum, tolerance);
        AssertClose(expected.SumOfSquares, actual.SumOfSquares, tolerance);
        AssertClose(expected.SquaredNorms, actual.SquaredNorms, tolerance);
        Assert.Equal(expected.SignSum, actual.SignSum);
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance * scale);
        }
    }
}
