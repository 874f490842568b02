namespace Presage.Cli.Reproductions;

/// <summary>Every reproduction there is.</summary>
internal static class Catalogue
{
    public static IReadOnlyList<Reproduction> All { get; } =
    [
        new GsnrFigure3(), new GsnrFigure4(), new GsnrShallow(), new GsnrFigure5(), new GsnrFigure6(), new GsnrEquation28(), new GsnrFigure7(), new GsnrFigure8(),
        new GsnrValidity(),
        new MysteryExample1(), new MysteryExample7(), new MysteryExample8(), new MysteryFigure1(), new MysteryFigure2And3(), new MysteryFigure4(),
        new MysteryFigure5And6(), new MysteryFigure7(), new MysteryFigure9(), new MysteryEvolution(), new MysteryLayers(), new MysteryBound(), new NoisyLabels(),
        new PuzzlesSizes(1), new PuzzlesFigure2(), new PuzzlesResidual(), new PuzzlesFigure3(), new PuzzlesFigure4(), new PuzzlesSameLoss(5), new PuzzlesSameLoss(6), new PuzzlesSameLoss(7),
        new PuzzlesSameLoss(8), new PuzzlesSnapshots(9), new PuzzlesSnapshots(10), new PuzzlesNormalizedFive(11), new PuzzlesNormalizedFive(12), new PuzzlesFigure13(), new PuzzlesFigure14(),
        new PuzzlesDigits(15), new PuzzlesDigits(16), new PuzzlesNormalizedFive(17), new PuzzlesNormalizedFive(18), new PuzzlesSizes(19), new PuzzlesFigure20(), new PuzzlesMargin(), new ForecastReproduction(),
        new TrainabilityPhase(), new TrainabilityEntries(), new TrainabilityKappa(), new TrainabilityMean(), new TrainabilityDynamics(), new TrainabilityFinite(), new TrainabilityExtensions(),
    ];

    /// <exception cref="BadInputException">There is none of that name.</exception>
    public static Reproduction Find(string id) => All.FirstOrDefault(each => string.Equals(each.Id, id, StringComparison.Ordinal))
        ?? throw new BadInputException($"There is no reproduction '{id}': {NearestName.Hint(id, [.. All.Select(each => each.Id)])}");
}
