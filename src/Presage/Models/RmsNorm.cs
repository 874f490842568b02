using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Models;

/// <summary>
/// Root-mean-square normalization over the last dimensions, y = x/√(mean(x²) + ε)·scale, which TorchSharp lacks.
/// Source: Zhang and Sennrich 2019, eq. 4.
/// </summary>
public sealed class RmsNorm : nn.Module<Tensor, Tensor>
{
    private readonly long[] _dimensions;
    private readonly Scalar _eps;

    // Named as the parameter is, as TorchSharp takes the names of fields.
    private readonly Parameter weight;

    /// <param name="normalizedShape">The last dimensions of the input, over which the mean is taken.</param>
    /// <param name="eps">ε, added to the mean square.</param>
    /// <param name="dtype">Type of the scale; null for the default.</param>
    /// <exception cref="ArgumentException">No dimension is given.</exception>
    public RmsNorm(long[] normalizedShape, double eps = 1e-5, ScalarType? dtype = null)
        : base(nameof(RmsNorm))
    {
        ArgumentNullException.ThrowIfNull(normalizedShape);
        if (normalizedShape.Length == 0)
        {
            throw new ArgumentException("Expected at least one dimension to normalize over, but got none.", nameof(normalizedShape));
        }

        NormalizedShape = normalizedShape;
        _eps = eps;
        _dimensions = [.. Enumerable.Range(1, normalizedShape.Length).Select(d => (long)-d)];
        weight = new Parameter(ones(normalizedShape, dtype: dtype));
        RegisterComponents();
    }

    /// <summary>The last dimensions of the input, over which the mean is taken.</summary>
    public long[] NormalizedShape { get; }

    /// <summary>ε, added to the mean square.</summary>
    public double Eps => _eps.ToDouble();

    /// <summary>The scale, of the normalized shape.</summary>
    public Parameter Weight => weight;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => Normalize(input) * weight;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            weight.Dispose();
            _eps.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>x/√(mean(x²) + ε), without the scale.</summary>
    internal Tensor Normalize(Tensor input) => input * ((input * input).mean(_dimensions, keepdim: true) + _eps).rsqrt();
}
