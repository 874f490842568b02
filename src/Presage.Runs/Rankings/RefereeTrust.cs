using Presage.Rankings;

namespace Presage.Runs.Rankings;

/// <summary>Where a measure may be trusted and where it misleads.</summary>
/// <param name="Trusted">Hyperparameters whose ψ is above 0 by its interval, and each environment better than a coin by its own.</param>
/// <param name="Misleading">Hyperparameters whose ψ is below 0 by its interval, or with an environment worse than a coin by its own.</param>
/// <param name="Untold">The others.</param>
internal sealed record RefereeTrust(IReadOnlyList<string> Trusted, IReadOnlyList<string> Misleading, IReadOnlyList<string> Untold)
{
    private const double Coin = 0.5;

    public static RefereeTrust Of(MeasureGrades measure, RankingTarget target)
    {
        var (trusted, misleading, untold) = (new List<string>(), new List<string>(), new List<string>());
        TargetGrades grades = measure.For(target);
        foreach (var (each, place) in grades.Granulated.ByHyperparameter.Select((each, place) => (each, place)))
        {
            var ci95 = grades.Ci95.PsiByHyperparameter[place];
            SignErrorEnvironment[] own = [.. Of(grades, each.Hyperparameter)];
            List<string> list = ci95 is { High: < 0 } || own.Any(environment => environment.Ci95?.Low > Coin) ? misleading
                : ci95 is { Low: > 0 } && own.Length > 0 && own.All(environment => environment.Ci95?.High < Coin) ? trusted
                : untold;
            list.Add(each.Hyperparameter);
        }

        return new RefereeTrust(trusted, misleading, untold);
    }

    /// <summary>Worst sign error where a hyperparameter changes; null where no environment has enough pairs.</summary>
    public static double? Worst(TargetGrades grades, string hyperparameter) =>
        Of(grades, hyperparameter).Max(each => (double?)each.Error);

    private static IEnumerable<SignErrorEnvironment> Of(TargetGrades grades, string hyperparameter) =>
        grades.SignError.Environments.Where(each => string.Equals(each.Hyperparameter, hyperparameter, StringComparison.Ordinal));
}
