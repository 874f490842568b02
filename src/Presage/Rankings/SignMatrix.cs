namespace Presage.Rankings;

/// <summary>
/// The signs of gap_i − gap_j, test_i − test_j and ±(μ_i − μ_j) of all ordered pairs of networks, in a byte each: 9·(s_gap + 1) + 3·(s_test + 1) + s_μ + 1.
/// With the networks' settings all that rankings need of a table, whatever the weights of its networks.
/// </summary>
internal sealed class SignMatrix
{
    /// <summary>Number of different bytes.</summary>
    public const int States = 27;

    private readonly byte[] _states;
    private readonly int _count;

    private SignMatrix(byte[] states, bool[] hasValue, int[] settings)
    {
        (_states, HasValue, Settings, _count) = (states, hasValue, settings, hasValue.Length);
        BySetting = [.. Enumerable.Range(0, _count).OrderBy(i => settings[i])];
    }

    /// <summary>For each target the product of its sign and the measure's, by state.</summary>
    public static sbyte[][] Products { get; } = [Table(state => GapSign(state) * MeasureSign(state)), Table(state => TestSign(state) * MeasureSign(state))];

    /// <summary>For each target its sign, by state.</summary>
    public static sbyte[][] TargetSigns { get; } = [Table(GapSign), Table(TestSign)];

    /// <summary>The measure's sign, by state.</summary>
    public static sbyte[] MeasureSigns { get; } = Table(MeasureSign);

    /// <summary>Whether the measure was computed, by network.</summary>
    public bool[] HasValue { get; }

    /// <summary>Setting of each network (n).</summary>
    public int[] Settings { get; }

    /// <summary>Networks by setting (n).</summary>
    public int[] BySetting { get; }

    /// <summary>The signs of a measure and of the targets.</summary>
    public static SignMatrix Of(NetworkTable table, MeasureColumn measure)
    {
        int n = table.Count;
        int[] gap = Ranks(table.Target(RankingTarget.GeneralizationGap));
        int[] test = Ranks(table.Target(RankingTarget.TestError));
        int[] ranks = Ranks([.. measure.Values.Select(value => measure.ForetellsSmaller ? -(value ?? 0) : value ?? 0)]);
        var states = new byte[(long)n * n];
        Parallel.For(0, n, i =>
        {
            Span<byte> row = states.AsSpan(i * n, n);
            for (int j = 0; j < n; j++)
            {
                row[j] = (byte)((9 * (gap[i].CompareTo(gap[j]) + 1)) + (3 * (test[i].CompareTo(test[j]) + 1)) + ranks[i].CompareTo(ranks[j]) + 1);
            }
        });
        return new SignMatrix(states, [.. measure.Values.Select(value => value is not null)], table.Settings.Of);
    }

    /// <summary>States of a network's pairs, by the other network (n).</summary>
    public ReadOnlySpan<byte> Row(int network) => _states.AsSpan(network * _count, _count);

    /// <summary>State of a pair.</summary>
    public byte State(int first, int second) => _states[(first * _count) + second];

    // Equal values share a rank; that of −0 is that of 0.
    private static int[] Ranks(IReadOnlyList<double> values)
    {
        double[] distinct = [.. values.Select(value => value + 0.0).Distinct().Order()];
        return [.. values.Select(value => Array.BinarySearch(distinct, value + 0.0))];
    }

    private static sbyte[] Table(Func<int, int> value) => [.. Enumerable.Range(0, States).Select(state => (sbyte)value(state))];

    private static int GapSign(int state) => (state / 9) - 1;

    private static int TestSign(int state) => (state / 3 % 3) - 1;

    private static int MeasureSign(int state) => (state % 3) - 1;
}
