using Presage.Runs;

namespace Presage.Cli.Views;

/// <summary>A verdict's state in plain words.</summary>
internal static class Words
{
    public static string For(VerdictState state) => state switch
    {
        VerdictState.Learning => "learning shared patterns",
        VerdictState.Memorizing => "memorizing: fitting case by case",
        VerdictState.NotLearning => "not learning",
        VerdictState.Converged => "converged",
        _ => "undecided",
    };
}
