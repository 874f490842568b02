namespace Presage.Kernels;

/// <summary>The activations at hand: ReLU and its kin, erf, GELU, sin in closed form; tanh, sigmoid, swish and any smooth function by quadrature.</summary>
public static class Activations
{
    /// <summary>max(0, x).</summary>
    public static ActivationFunction Relu { get; } = new HomogeneousActivation("relu", 1, 0);

    /// <summary>|x|.</summary>
    public static ActivationFunction Abs { get; } = new HomogeneousActivation("abs", 1, -1);

    /// <summary>x.</summary>
    public static ActivationFunction Identity { get; } = new HomogeneousActivation("identity", 1, 1);

    /// <summary>erf x.</summary>
    public static ActivationFunction Erf { get; } = new ErfActivation();

    /// <summary>x·Φ(x), Φ the normal distribution.</summary>
    public static ActivationFunction Gelu { get; } = new GeluActivation();

    /// <summary>sin x.</summary>
    public static ActivationFunction Sine { get; } = new SineActivation();

    /// <summary>tanh x.</summary>
    public static ActivationFunction Tanh { get; } = SplitActivations.Tanh();

    /// <summary>1/(1 + e^−x).</summary>
    public static ActivationFunction Sigmoid { get; } = SplitActivations.Sigmoid();

    /// <summary>x/(1 + e^−x), also called SiLU.</summary>
    public static ActivationFunction Swish { get; } = SplitActivations.Swish();

    /// <summary>All that need no parameter.</summary>
    public static IReadOnlyList<ActivationFunction> All { get; } = [Relu, Abs, Identity, Erf, Gelu, Sine, Tanh, Sigmoid, Swish];

    /// <summary>x for x ≥ 0 and slope·x below.</summary>
    /// <param name="slope">The slope of the negative side, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">The slope is not finite.</exception>
    public static ActivationFunction LeakyRelu(double slope) => double.IsFinite(slope)
        ? new HomogeneousActivation("leaky-relu", 1, slope)
        : throw new ArgumentOutOfRangeException(nameof(slope), slope, "Expected a finite slope.");

    /// <summary>Any smooth function of at most polynomial growth, its moments by quadrature.</summary>
    /// <param name="name">Its name in messages.</param>
    /// <param name="function">φ.</param>
    /// <param name="derivative">φ', or null: moments of the derivative then come from the function's Hermite series.</param>
    /// <param name="tolerance">
    /// The largest relative error accepted, above 0: by the quadrature's own estimate. Moments that miss it, as a kink's do, end in a <see cref="NumericalException"/>.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The tolerance is not positive.</exception>
    public static ActivationFunction Of(string name, Func<double, double> function, Func<double, double>? derivative = null, double tolerance = 1e-10) => tolerance > 0
        ? new SmoothActivation(name, function, derivative, tolerance)
        : throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "Expected a positive tolerance.");

    /// <summary>The activation of a name.</summary>
    /// <param name="name">relu, leaky-relu (slope 0.01), abs, identity, erf, gelu, sin, tanh, sigmoid or swish.</param>
    /// <exception cref="ArgumentException">No activation has this name.</exception>
    public static ActivationFunction Named(string name) => string.Equals(name, "leaky-relu", StringComparison.Ordinal)
        ? LeakyRelu(0.01)
        : All.FirstOrDefault(a => string.Equals(a.Name, name, StringComparison.Ordinal))
            ?? throw new ArgumentException($"Expected one of {string.Join(", ", All.Select(a => a.Name))} or leaky-relu, got '{name}'.", nameof(name));
}
