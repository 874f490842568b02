namespace Presage.Cli.Reproductions;

/// <summary>What the reproductions of documents 000 and 001, an early and the final form of one paper, have in common.</summary>
internal static class GsnrDocument
{
    public const string Title = "001 (Liu et al., Understanding Why Neural Networks Generalize Well Through GSNR of Parameters)";

    /// <summary>What Table 2 and the network here do not share.</summary>
    public const string LinearScores = "The last layer of Table 2 has no ReLU here, as in Table 3: with it, a class's score could not be negative.";

    /// <summary>What a smaller run leaves out of the document's sizes.</summary>
    public static IEnumerable<string> SmallerSizes(OsgrSizes run, OsgrSizes document)
    {
        if (!string.Equals(run.ToString(), document.ToString(), StringComparison.Ordinal))
        {
            yield return $"Sizes: {run}. The document's: {document}.";
        }

        if (run.LearningRate > document.LearningRate)
        {
            yield return FormattableString.Invariant(
                $"Steps are {run.LearningRate / document.LearningRate:0} times as long and as many times fewer, so that step t here is epoch {run.LearningRate / document.LearningRate:0}·t there.");
        }
    }
}
