namespace Presage.Kernels;

/// <summary>
/// The angle θ = arccos(1 − ε) and sin θ − θ cos θ, relatively accurate down to ε = 0, by polynomials in ε̃ = min(ε, 2 − ε) that vectors evaluate too:
/// θ = sin θ · g(ε) and sin θ − θ cos θ = sin θ · ε · h(ε) for θ ≤ π/2.
/// </summary>
/// <remarks>Chebyshev expansions of g = Σ 2ⁿ n!²/(2n+1)! εⁿ and h = (1 − g·(1 − ε))/ε on [0, 1]; what is cut off is below 2e−17.</remarks>
internal static class ArcCosine
{
    /// <summary>g by powers of ε, from the constant up.</summary>
    public static ReadOnlySpan<double> Angle =>
    [
        1.0,
        0.33333333333333853,
        0.13333333333250608,
        0.05714285719497646,
        0.025396823658491104,
        0.011544047030644622,
        0.005327521797728822,
        0.002491056327222472,
        0.0011371737022744788,
        0.000729824899947735,
        -0.00045753954774261653,
        0.002439520868645659,
        -0.005776484788227074,
        0.011666036997290737,
        -0.018307253468598444,
        0.02266564182197621,
        -0.02176021603079163,
        0.01591783898622341,
        -0.008574887170805864,
        0.0032168742582492833,
        -0.0007527399540316471,
        8.356354557826955e-5,
    ];

    /// <summary>h by powers of ε, from the constant up.</summary>
    public static ReadOnlySpan<double> Segment =>
    [
        0.6666666666666666,
        0.20000000000000265,
        0.07619047619005613,
        0.03174603177249665,
        0.013852812970122426,
        0.006216024235588744,
        0.0028413573095017325,
        0.0013186939321338487,
        0.0005991215100419081,
        0.00037948005151941966,
        -0.0002286726573501864,
        0.0012403904306541138,
        -0.002932862355679353,
        0.0059248409826534116,
        -0.009297403631945093,
        0.011511345430041542,
        -0.011051795938456217,
        0.0080848510904759,
        -0.004355480253572458,
        0.001634061389449545,
        -0.00038239509387093837,
        4.245596946955264e-5,
    ];

    /// <summary>g in float32, to 2e−8.</summary>
    public static ReadOnlySpan<float> AngleSingle =>
    [
        0.9999999877f,
        0.3333357174f,
        0.1332573906f,
        0.0580740395f,
        0.0196597296f,
        0.0315368233f,
        -0.0360940053f,
        0.0535182944f,
        -0.0339617633f,
        0.0114700958f,
    ];

    /// <summary>h in float32, to 1e−8.</summary>
    public static ReadOnlySpan<float> SegmentSingle =>
    [
        0.6666666603f,
        0.2000012311f,
        0.0761512565f,
        0.0322269764f,
        0.0108893198f,
        0.0165448201f,
        -0.0185622450f,
        0.0276929023f,
        -0.0175499627f,
        0.0059390323f,
    ];

    /// <summary>The angle between u and v or −v, whichever is smaller, and the half-chord's segment over π.</summary>
    /// <param name="epsilon">ε, 0 to 2.</param>
    /// <returns>θ̃ ≤ π/2, and (sin θ̃ − θ̃ cos θ̃)/π.</returns>
    public static (double Angle, double Segment) Of(double epsilon)
    {
        double near = Math.Min(epsilon, 2 - epsilon);
        double sine = Math.Sqrt(near * (2 - near));
        return (sine * Evaluate(Angle, near), sine * near * Evaluate(Segment, near) / Math.PI);
    }

    private static double Evaluate(ReadOnlySpan<double> coefficients, double x)
    {
        double value = 0;
        for (int n = coefficients.Length - 1; n >= 0; n--)
        {
            value = Math.FusedMultiplyAdd(value, x, coefficients[n]);
        }

        return value;
    }
}
