namespace Presage.Cli.Reproductions;

/// <summary>The document of the reproductions of trainability.</summary>
internal static class TrainabilityPaper
{
    public const string Title = "004 (Xiao, Pennington and Schoenholz, Disentangling Trainability and Generalization in Deep Neural Networks)";
}
