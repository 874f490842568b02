using System.Numerics;
using System.Text;

namespace Presage.Numerics;

/// <summary>
/// Random numbers from an explicit seed: xoshiro256**, its state filled by SplitMix64. The same seed gives the same numbers on every
/// machine: only integer arithmetic, + − × ÷ and square roots are used, which all machines round alike.
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021. Not for secrets, and not safe to share between threads.
/// </summary>
public sealed class SeededRandom
{
    private readonly ulong _key;
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;
    private double? _spareGaussian;

    /// <summary>Makes the stream of a seed.</summary>
    /// <param name="seed">Any integer; different seeds give unrelated streams.</param>
    public SeededRandom(int seed)
        : this(unchecked((ulong)seed))
    {
    }

    internal SeededRandom(ulong s0, ulong s1, ulong s2, ulong s3) => (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);

    private SeededRandom(ulong key)
    {
        _key = key;
        (_s0, _s1, _s2, _s3) = (SplitMix(ref key), SplitMix(ref key), SplitMix(ref key), SplitMix(ref key));
    }

    /// <summary>An independent stream for one purpose, set by this one's seed and the purpose alone, however far this one has been used.</summary>
    /// <param name="purpose">What the numbers are for, for example "label noise".</param>
    /// <returns>A fresh stream; the same one for the same seed and purpose.</returns>
    public SeededRandom Derive(string purpose)
    {
        const ulong fnvOffset = 0xCBF29CE484222325;
        const ulong fnvPrime = 0x100000001B3;
        var hash = fnvOffset;
        foreach (var b in Encoding.UTF8.GetBytes(purpose))
        {
            hash = unchecked((hash ^ b) * fnvPrime);
        }

        var mixed = _key;
        return new SeededRandom(unchecked(SplitMix(ref mixed) ^ SplitMix(ref hash)));
    }

    /// <summary>64 uniformly random bits.</summary>
    public ulong NextUInt64()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
            var t = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= t;
            _s3 = BitOperations.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>A uniformly random multiple of 2⁻⁵³ in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A uniformly random integer in 0..<paramref name="bound"/>−1, without bias.</summary>
    /// <param name="bound">Number of outcomes, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is below 1.</exception>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        var range = (ulong)bound;
        var refused = unchecked(0UL - range) % range;
        while (true)
        {
            // Lemire's multiplication: the high half is the outcome, and the few low halves that would favour some outcomes are drawn again.
            var high = Math.BigMul(NextUInt64(), range, out var low);
            if (low >= refused)
            {
                return (int)high;
            }
        }
    }

    /// <summary>A draw from the normal distribution with mean 0 and variance 1, by Marsaglia's polar method.</summary>
    public double NextGaussian()
    {
        if (_spareGaussian is { } spare)
        {
            _spareGaussian = null;
            return spare;
        }

        while (true)
        {
            var u = (2 * NextDouble()) - 1;
            var v = (2 * NextDouble()) - 1;
            var s = (u * u) + (v * v);
            if (s is > 0 and < 1)
            {
                var scale = Math.Sqrt(-2 * PortableLog(s) / s);
                _spareGaussian = v * scale;
                return u * scale;
            }
        }
    }

    /// <summary>Puts the items into a uniformly random order (Fisher–Yates).</summary>
    /// <param name="items">The items, reordered in place.</param>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>A uniformly random order of 0..<paramref name="count"/>−1.</summary>
    /// <param name="count">Number of indices, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public int[] Permutation(int count) => Choose(count, count);

    /// <summary>A uniformly random subset of 0..<paramref name="available"/>−1 without replacement, in random order.</summary>
    /// <param name="available">Number of indices to choose from, at least 0.</param>
    /// <param name="count">Number of indices chosen, in 0..<paramref name="available"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public int[] Choose(int available, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(available);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, available);
        var indices = Enumerable.Range(0, available).ToArray();
        for (var i = 0; i < count; i++)
        {
            var j = i + NextInt(available - i);
            (indices[i], indices[j]) = (indices[j], indices[i]);
        }

        return indices[..count];
    }

    /// <summary>Natural logarithm of a number in (0, 1), within a few units in the last place; the system's own differs between machines.</summary>
    internal static double PortableLog(double x)
    {
        const double ln2 = 0.69314718055994530942;
        var exponent = Math.ILogB(x);
        var mantissa = Math.ScaleB(x, -exponent);
        if (mantissa > 4.0 / 3)
        {
            mantissa /= 2;
            exponent++;
        }

        // ln m = 2 artanh t with |t| ≤ 1/5, so 12 terms reach full precision.
        var t = (mantissa - 1) / (mantissa + 1);
        var square = t * t;
        var sum = 0.0;
        for (var k = 23; k >= 1; k -= 2)
        {
            sum = (sum * square) + (1.0 / k);
        }

        return (exponent * ln2) + (2 * t * sum);
    }

    internal static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
