namespace Presage;

/// <summary>A computation did not converge or left the finite numbers; the message says what was reached.</summary>
public sealed class NumericalException : Exception
{
    /// <summary>Makes the exception without a message.</summary>
    public NumericalException()
    {
    }

    /// <summary>Makes the exception with what was computed, what was reached and where.</summary>
    public NumericalException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with its cause.</summary>
    public NumericalException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
