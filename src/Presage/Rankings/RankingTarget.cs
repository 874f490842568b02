namespace Presage.Rankings;

/// <summary>What a measure is asked to rank.</summary>
public enum RankingTarget
{
    /// <summary>Test error minus train error.</summary>
    GeneralizationGap,

    /// <summary>Test error.</summary>
    TestError,
}
