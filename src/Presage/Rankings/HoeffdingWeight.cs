namespace Presage.Rankings;

/// <summary>
/// Weight of a pair of networks by how surely their targets differ: (p − ½)₊, with p = max(0, 1 − 2·exp(−2n(Δ/2)²))² a lower bound on the probability that two
/// errors, each a mean over n test examples and found Δ apart, lie on their own sides of the middle. In [0, ½].
/// Source: Dziugaite, Drouin, Neal, Rajkumar, Caballero, Wang, Mitliagkas and Roy, In Search of Robust Measures of Generalization, NeurIPS 2020, and its code
/// (nitarshan/robust-generalization-measures, hoeffding_weight and create_environments).
/// </summary>
/// <remarks>
/// Only noise from the number of test examples is in it; that of the seed is in the pairs across seeds. The train error counts as exact. Where two networks
/// were tested on different numbers of examples, n is the smaller one (not in the source, which has one test set).
/// </remarks>
public static class HoeffdingWeight
{
    private const double LeastProbability = 0.5;

    /// <summary>The weight.</summary>
    /// <param name="difference">Δ, of either sign.</param>
    /// <param name="testExamples">n, above 0.</param>
    public static double Of(double difference, double testExamples)
    {
        double half = difference / 2;
        double probability = Math.Pow(Math.Max(0, 1 - (2 * Math.Exp(-2 * testExamples * half * half))), 2);
        return Math.Max(0, probability - LeastProbability);
    }
}
