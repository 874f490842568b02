namespace Presage.Examples;

/// <summary>How well a score finds labels that are known to be wrong.</summary>
/// <param name="Auroc">
/// Area under the ROC curve: the probability that a wrong label is more suspicious than a right one, equal ones counted half. Null where there are not both,
/// or where the score has no value for an example. Source: Hanley and McNeil, The meaning and use of the area under a ROC curve, 1982.
/// </param>
/// <param name="Precision">
/// Share of wrong labels among the W most suspicious examples, W being the number of wrong labels (precision at the planted share; its recall is the same). Where
/// equally suspicious examples compete for the last places, the share expected of a random choice among them.
/// </param>
public sealed record LabelDetection(double? Auroc, double? Precision)
{
    /// <summary>Judges suspicions by the truth.</summary>
    /// <param name="suspicion">How suspicious each label is (N); more is worse.</param>
    /// <param name="isWrong">Whether it is wrong (N).</param>
    /// <exception cref="ArgumentException">There are not as many of one as of the other.</exception>
    public static LabelDetection Of(IReadOnlyList<double?> suspicion, IReadOnlyList<bool> isWrong)
    {
        if (suspicion.Count != isWrong.Count)
        {
            throw new ArgumentException($"Expected as many truths as suspicions, {suspicion.Count}, but got {isWrong.Count}.", nameof(isWrong));
        }

        long wrong = isWrong.Count(each => each);
        long right = isWrong.Count - wrong;
        if (wrong == 0 || right == 0 || suspicion.Any(each => each is null or double.NaN))
        {
            return new LabelDetection(null, null);
        }

        double found = 0;
        double pairs = 0;
        long seen = 0;
        long wrongSeen = 0;
        foreach (var ties in Enumerable.Range(0, isWrong.Count).GroupBy(n => suspicion[n]!.Value).OrderByDescending(group => group.Key))
        {
            long size = ties.LongCount();
            long wrongHere = ties.LongCount(n => isWrong[n]);
            pairs += (wrongSeen + wrongHere / 2.0) * (size - wrongHere);
            found += Math.Clamp(wrong - seen, 0, size) * (wrongHere / (double)size);
            (seen, wrongSeen) = (seen + size, wrongSeen + wrongHere);
        }

        return new LabelDetection(pairs / ((double)wrong * right), found / wrong);
    }
}
