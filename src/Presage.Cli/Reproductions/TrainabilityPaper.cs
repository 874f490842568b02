namespace Presage.Cli.Reproductions;

/// <summary>What the reproductions of document 004 have in common.</summary>
internal static class TrainabilityPaper
{
    public const string Title = "004 (Xiao, Pennington and Schoenholz, Disentangling Trainability and Generalization in Deep Neural Networks)";
}
