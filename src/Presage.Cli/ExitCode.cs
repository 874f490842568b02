namespace Presage.Cli;

/// <summary>The program's exit codes.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A numerical failure, or a claim that does not hold.</summary>
    public const int Failure = 1;

    public const int BadInput = 2;

    /// <summary>Stopped by its user, as shells count it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
