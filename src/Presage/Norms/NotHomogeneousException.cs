namespace Presage.Norms;

/// <summary>
/// A network is not f = ρ·f̃ for a product ρ of its layers' norms: something in it is not positively homogeneous, or cannot be told to be. The message says
/// what and why.
/// </summary>
public sealed class NotHomogeneousException : Exception
{
    /// <summary>Makes the exception without a message.</summary>
    public NotHomogeneousException()
    {
    }

    /// <summary>Makes the exception with the reason.</summary>
    public NotHomogeneousException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with its cause.</summary>
    public NotHomogeneousException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes the exception for a layer.</summary>
    /// <param name="layer">The layer's name in the model.</param>
    /// <param name="message">The reason, in a sentence that names the layer.</param>
    public NotHomogeneousException(string layer, string message)
        : base(message) => Layer = layer;

    /// <summary>The layer's name in the model; null where it is no single one.</summary>
    public string? Layer { get; }
}
