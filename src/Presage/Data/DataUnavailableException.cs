namespace Presage.Data;

/// <summary>A data set could not be had; the message says what was tried, why each attempt failed and what one can do.</summary>
public sealed class DataUnavailableException : Exception
{
    /// <summary>Makes the exception without a message.</summary>
    public DataUnavailableException()
    {
    }

    /// <summary>Makes the exception with what was tried and what one can do.</summary>
    public DataUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with its cause.</summary>
    public DataUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
