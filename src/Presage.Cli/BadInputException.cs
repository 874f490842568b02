namespace Presage.Cli;

/// <summary>Something the user asked for cannot be done; the message is one sentence: what, where, expected.</summary>
internal sealed class BadInputException : Exception
{
    public BadInputException()
    {
    }

    public BadInputException(string message)
        : base(message)
    {
    }

    public BadInputException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
