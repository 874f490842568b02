namespace Presage.Cli.Reproductions;

/// <summary>What the reproductions of document 003 have in common.</summary>
internal static class MysteryDocument
{
    public const string Title = "003 (Chatterjee and Zielinski, On the Generalization Mystery in Deep Learning)";
}
