namespace Presage.Cli.Reproductions;

/// <summary>Where a weight's GSNR is highest, and what its feature has to do with y there.</summary>
internal sealed record FeaturePeak(int Feature, int Step, double Gsnr, double AtStart, double AtPeak)
{
    /// <summary>The weights of a network whose GSNR peaks highest.</summary>
    public static IEnumerable<FeaturePeak> Highest(FeatureResult result, int network, int count) => Enumerable
        .Range(0, result.Correlation[0][network].Length)
        .Select(feature =>
        {
            int peak = Enumerable.Range(0, result.Steps.Length).MaxBy(t => result.PlugIn[t][network][feature]);
            return new FeaturePeak(
                feature, result.Steps[peak], result.PlugIn[peak][network][feature], result.Correlation[0][network][feature], result.Correlation[peak][network][feature]);
        })
        .OrderByDescending(peak => peak.Gsnr)
        .Take(count);
}
