namespace Presage.Cli.Reproductions;

/// <summary>What the reproductions of document 002 have in common.</summary>
internal static class PuzzlesDocument
{
    public const string Title = "002 (Generalization Puzzles in Deep Networks)";
}
