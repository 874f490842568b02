using Presage.Examples;

namespace Presage.Tests;

/// <summary>Records of examples as a training of ten epochs on three classes might leave them.</summary>
internal static class LabelSamples
{
    /// <summary>Always right with a positive margin, never with a negative one; the network says class 0 or 1, the label is 0.</summary>
    public static ExampleRecord Record(int index, double margin)
    {
        double p = 1 / (1 + Math.Exp(-margin));
        int right = margin > 0 ? 10 : 0;
        return new ExampleRecord(
            index, 0, 10, margin, margin, p, -Math.Log(p), -Math.Log(p), right, right > 0, right > 0 ? 1 : null, right > 0 ? 1 : null, 0, [p, 1 - p, 0], null);
    }
}
