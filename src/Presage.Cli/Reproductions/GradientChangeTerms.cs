namespace Presage.Cli.Reproductions;

/// <summary>Parts of the change of a layer's mean gradient in one small step, as norms over its weights, and how they lie to one another.</summary>
/// <param name="Opposite">Weights where the first term of eq. 28 has the sign opposite to the weight.</param>
/// <param name="Same">Weights where it has the weight's sign.</param>
/// <param name="Zero">Weights where it is 0: on or of a unit that is dead on all examples.</param>
/// <param name="First">Norm of the first term.</param>
/// <param name="OtherEarlier">Norm of what learning the earlier layers adds to it.</param>
/// <param name="Later">Norm of what learning this and the later layers adds.</param>
/// <param name="Others">Norm of all but the first term.</param>
/// <param name="Whole">Norm of the whole change, to first order in the step.</param>
/// <param name="FirstWithWeight">Pearson correlation of the first term and W.</param>
/// <param name="WholeWithWeight">Pearson correlation of the whole change and W.</param>
/// <param name="FirstWithWhole">Pearson correlation of the first term and the whole change.</param>
internal sealed record GradientChangeTerms(
    long Opposite,
    long Same,
    long Zero,
    double First,
    double OtherEarlier,
    double Later,
    double Others,
    double Whole,
    double FirstWithWeight,
    double WholeWithWeight,
    double FirstWithWhole);
