namespace Presage.Cli;

/// <summary>A process that measured settings ended before its work, as when the system kills it for its memory.</summary>
internal sealed class WorkerLostException : Exception
{
    public WorkerLostException()
    {
    }

    public WorkerLostException(string message)
        : base(message)
    {
    }

    public WorkerLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
