namespace Presage.Kernels;

/// <summary>An activation whose means over a Gaussian are known wherever that is centred.</summary>
internal interface IShiftedMeans
{
    /// <summary>E[g(x)] and E[g'(x)], x of a mean and a variance.</summary>
    (double Value, double Slope) Mean(double mean, double variance);
}
