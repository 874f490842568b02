namespace Presage.Examples;

/// <summary>
/// What training showed of one example, in a fixed number of numbers however long it lasts. An epoch is one visit of the example: its outputs z (K scores) as
/// the network gave them before the step that it was visited for. Probabilities are softmax(z); the margin is z_y − max_{k≠y} z_k, y the given label.
/// </summary>
/// <param name="Index">The example's number in the training set, from 0.</param>
/// <param name="Label">Its given label y.</param>
/// <param name="Epochs">Visits seen, at least 1.</param>
/// <param name="MeanMargin">
/// Margin, mean over the epochs: the area under the margin. Source: Pleiss et al., Identifying Mislabeled Data using the Area Under the Margin Ranking, 2020, eq. 2.
/// </param>
/// <param name="LastMargin">Margin in the last epoch.</param>
/// <param name="MeanProbability">p_y, mean over the epochs. Source: Swayamdipta et al., Dataset Cartography, 2020, section 2.1 ("confidence").</param>
/// <param name="MeanLoss">Cross-entropy −ln p_y, in nats, mean over the epochs.</param>
/// <param name="LastLoss">Cross-entropy in the last epoch; the last p_y is exp(−it).</param>
/// <param name="TimesRight">Epochs in which z_y was greater than all other scores.</param>
/// <param name="IsRight">Whether it was in the last epoch.</param>
/// <param name="FirstRight">The first epoch, from 1, in which it was; null if in none. Source: Toneva et al., An Empirical Study of Example Forgetting, 2019 ("first learning event").</param>
/// <param name="Learned">
/// The epoch, from 1, from which on it was in every one; null if not in the last. Source: Mangalam and Prabhu, Do Deep Neural Networks Learn Shallow Learnable Examples First?, 2019.
/// </param>
/// <param name="TimesForgotten">Epochs in which it was not, right after one in which it was. Source: Toneva et al. 2019, section 3 ("forgetting events").</param>
/// <param name="ClassProbabilities">The K probabilities, mean over the epochs.</param>
/// <param name="Gradients">What was seen of the example's gradient; null where it was never measured.</param>
public sealed record ExampleRecord(
    int Index,
    int Label,
    int Epochs,
    double MeanMargin,
    double LastMargin,
    double MeanProbability,
    double MeanLoss,
    double LastLoss,
    int TimesRight,
    bool IsRight,
    int? FirstRight,
    int? Learned,
    int TimesForgotten,
    IReadOnlyList<double> ClassProbabilities,
    GradientTrace? Gradients)
{
    /// <summary>p_y in the last epoch.</summary>
    public double LastProbability => Math.Exp(-LastLoss);

    /// <summary>What the network says over the whole training: the class of the greatest mean probability, the first of several.</summary>
    public int Prediction
    {
        get
        {
            int best = 0;
            for (int k = 1; k < ClassProbabilities.Count; k++)
            {
                best = ClassProbabilities[k] > ClassProbabilities[best] ? k : best;
            }

            return best;
        }
    }
}

/// <summary>What was seen of one example's gradient g_n in the epochs in which it was measured.</summary>
/// <param name="Epochs">Times it was measured, at least 1.</param>
/// <param name="MeanNorm">‖g_n‖, mean over them. Source: Paul et al., Deep Learning on a Data Diet, 2021 ("GraNd").</param>
/// <param name="LastNorm">‖g_n‖ when it was measured last.</param>
/// <param name="MeanAgreement">
/// Cosine of the angle between g_n and the sum of the other examples' gradients, in [−1, 1], mean over the epochs in which it had a value; null where in none.
/// </param>
/// <param name="LastAgreement">The cosine when it last had a value.</param>
public sealed record GradientTrace(int Epochs, double MeanNorm, double LastNorm, double? MeanAgreement, double? LastAgreement);
