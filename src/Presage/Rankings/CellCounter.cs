namespace Presage.Rankings;

/// <summary>Sums over cells of pairs, in bits times pairs.</summary>
/// <param name="Information">Σ over cells of N·I(V_μ; V_g).</param>
/// <param name="Entropy">Σ over cells of N·H(V_g).</param>
/// <param name="Pairs">Σ over cells of N.</param>
/// <param name="Cells">Cells that hold a pair.</param>
internal readonly record struct CellSums(double Information, double Entropy, double Pairs, int Cells)
{
    /// <summary>Information by entropy; null where there is no entropy.</summary>
    public double? Ratio => Entropy > 0 ? Information / Entropy : null;
}

/// <summary>
/// Counts the signs of pairs by the values that a set of hyperparameters has in both networks. Networks are visited by level, so that the pairs of one level
/// with all others fill one small table; a cell and its mirror image say the same, and one of them is counted.
/// </summary>
internal sealed class CellCounter
{
    // A power of two that holds all states.
    private const int Stride = 32;

    private static readonly double[] Logarithms = [.. Enumerable.Range(0, 1 << 15).Select(count => count == 0 ? 0 : count * Math.Log2(count))];

    private readonly int[] _networks;
    private readonly int[] _weights;
    private readonly int[] _places;
    private readonly long[] _counts;
    private readonly long[] _within = new long[SignMatrix.States];
    private readonly CellSums[] _sums = new CellSums[2];
    private readonly double[] _table = new double[6];

    /// <summary>Keeps memory for the sets; not to be shared by threads.</summary>
    public CellCounter(IReadOnlyList<ConditioningSet> sets)
    {
        int n = sets[0].Level.Length;
        (_networks, _weights, _places) = (new int[n], new int[n], new int[n]);
        _counts = new long[Stride * sets.Max(set => set.Levels)];
    }

    /// <summary>The sums for each target, overwritten by the next call, with pairs weighed as <see cref="Resamples"/> says.</summary>
    public CellSums[] Count(ConditioningSet set, SignMatrix signs, int[] multiplicity, double apart = 1)
    {
        int active = 0;
        foreach (int network in set.Order)
        {
            if (multiplicity[network] > 0 && signs.HasValue[network])
            {
                (_networks[active], _weights[active], _places[active]) = (network, multiplicity[network], Stride * set.Level[network]);
                active++;
            }
        }

        Array.Clear(_sums);
        for (int p = 0; p < active;)
        {
            int level = _places[p];
            while (p < active && _places[p] == level)
            {
                p = AddSetting(signs, p, active);
            }

            for (int other = level; other < Stride * set.Levels; other += Stride)
            {
                AddCell(_counts.AsSpan(other, SignMatrix.States), other == level, apart);
            }
        }

        return _sums;
    }

    // The pairs of a setting's networks with each other and with all that follow; gives the place after them.
    private int AddSetting(SignMatrix signs, int from, int active)
    {
        int setting = signs.Settings[_networks[from]];
        int next = from + 1;
        for (; next < active && signs.Settings[_networks[next]] == setting; next++)
        {
        }

        for (int p = from; p < next; p++)
        {
            ReadOnlySpan<byte> row = signs.Row(_networks[p]);
            foreach (int network in _networks.AsSpan((p + 1)..next))
            {
                _within[row[network]] += _weights[p];
            }

            Add(row, _weights[p], next, active);
        }

        return next;
    }

    private void Add(ReadOnlySpan<byte> row, long weight, int from, int active)
    {
        ReadOnlySpan<int> networks = _networks.AsSpan(from, active - from);
        ReadOnlySpan<int> weights = _weights.AsSpan(from, networks.Length);
        ReadOnlySpan<int> places = _places.AsSpan(from, networks.Length);
        Span<long> counts = _counts;
        for (int q = 0; q < networks.Length; q++)
        {
            counts[places[q] + row[networks[q]]] += weight * weights[q];
        }
    }

    private void AddCell(Span<long> cell, bool isDiagonal, double apart)
    {
        if (!cell.ContainsAnyExcept(0) && !(isDiagonal && _within.AsSpan().ContainsAnyExcept(0)))
        {
            return;
        }

        for (int target = 0; target < 2; target++)
        {
            ReadOnlySpan<sbyte> targets = SignMatrix.TargetSigns[target];
            Array.Clear(_table);
            for (int state = 0; state < cell.Length; state++)
            {
                if (targets[state] != 0)
                {
                    _table[(targets[state] > 0 ? 3 : 0) + (state % 3)] += isDiagonal ? _within[state] + (apart * cell[state]) : cell[state];
                }
            }

            if (isDiagonal)
            {
                // Ordered pairs within a level: each pair and its mirror image, which has all signs turned.
                for (int place = 0; place < 3; place++)
                {
                    (_table[place], _table[5 - place]) = (_table[place] + _table[5 - place], _table[place] + _table[5 - place]);
                }
            }

            // A factor of a whole cell is a factor of its sums: counts stay whole numbers, whose logarithms are at hand.
            AddTable(target, isDiagonal ? 0.5 : apart);
        }

        cell.Clear();
        if (isDiagonal)
        {
            Array.Clear(_within);
        }
    }

    private void AddTable(int target, double scale)
    {
        double minus = _table[0] + _table[1] + _table[2];
        double plus = _table[3] + _table[4] + _table[5];
        if (minus + plus == 0)
        {
            return;
        }

        double entropy = Log(minus + plus) - Log(minus) - Log(plus);
        double information = entropy;
        for (int sign = 0; sign < 3; sign++)
        {
            information += Log(_table[sign]) + Log(_table[sign + 3]) - Log(_table[sign] + _table[sign + 3]);
        }

        // Cells off the diagonal stand for two; the pairs of one on it were doubled above.
        CellSums sums = _sums[target];
        _sums[target] = new CellSums(sums.Information + (scale * information), sums.Entropy + (scale * entropy), sums.Pairs + (scale * (minus + plus)), sums.Cells + 1);
    }

    private static double Log(double count) => count < Logarithms.Length && (int)count is var whole && whole == count ? Logarithms[whole] : count * Math.Log2(count);
}
