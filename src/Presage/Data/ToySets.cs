using Presage.Numerics;

namespace Presage.Data;

/// <summary>Small data sets of the literature, made rather than fetched.</summary>
public static class ToySets
{
    /// <summary>
    /// A product with noise: y = x₀·x₁ + ε, with x₀ and x₁ uniform on [−1, 1) and ε uniform on [−noise, noise).
    /// Source: document 001, section 3.2 and appendix A.3.
    /// </summary>
    /// <param name="count">Number of examples N, at least 1.</param>
    /// <param name="noise">Half the width of the noise, at least 0 and finite.</param>
    /// <param name="seed">Seed; the same one gives the same examples on every machine.</param>
    /// <returns>Regression examples with inputs (N, 2) and targets (N).</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static ExampleSet Product(int count, double noise, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (!(noise >= 0 && double.IsFinite(noise)))
        {
            throw new ArgumentOutOfRangeException(nameof(noise), noise, $"Expected noise that is finite and at least 0, but it is {noise}.");
        }

        var random = new SeededRandom(seed).Derive("product");
        var inputs = new float[checked(2 * count)];
        var targets = new float[count];
        for (var i = 0; i < count; i++)
        {
            inputs[2 * i] = (float)Symmetric(random);
            inputs[(2 * i) + 1] = (float)Symmetric(random);
            targets[i] = (float)(((double)inputs[2 * i] * inputs[(2 * i) + 1]) + (noise * Symmetric(random)));
        }

        return new ExampleSet([2], inputs, null, targets, 0);
    }

    /// <summary>
    /// The data set L ("real"): example i has ±1 at input i, of use for it alone, and the same ±1 at the sixth input, which tells the target of all.
    /// Source: document 003, Example 1.
    /// </summary>
    /// <returns>Four training examples and a test example, with inputs (N, 6) and targets (N).</returns>
    public static (ExampleSet Train, ExampleSet Test) L() => Linear(common: true);

    /// <summary>
    /// The data set M ("random"): as <see cref="L"/>, but with 0 at the sixth input, so that nothing is shared. Source: document 003, Example 1.
    /// </summary>
    /// <returns>Four training examples and a test example, with inputs (N, 6) and targets (N).</returns>
    public static (ExampleSet Train, ExampleSet Test) M() => Linear(common: false);

    private static (ExampleSet Train, ExampleSet Test) Linear(bool common)
    {
        float[] targets = [1, -1, -1, 1, -1];
        var inputs = new float[5 * 6];
        for (var i = 0; i < 5; i++)
        {
            inputs[(6 * i) + i] = targets[i];
            inputs[(6 * i) + 5] = common ? targets[i] : 0;
        }

        return (new ExampleSet([6], inputs[..24], null, targets[..4], 0), new ExampleSet([6], inputs[24..], null, targets[4..], 0));
    }

    private static double Symmetric(SeededRandom random) => (2 * random.NextDouble()) - 1;
}
