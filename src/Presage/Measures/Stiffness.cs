using Presage.Gradients;

namespace Presage.Measures;

/// <summary>Stiffness over pairs of different examples.</summary>
/// <param name="Cosine">Mean cosine of the angle between two gradients, in [−1, 1].</param>
/// <param name="Sign">Mean sign of their inner product, in [−1, 1].</param>
public sealed record StiffnessMeasure(double Cosine, double Sign);

/// <summary>Stiffness within and between classes.</summary>
/// <param name="Within">Mean over classes of that between two different examples of the class. Null where no class has two.</param>
/// <param name="Between">Mean over pairs of different classes of that between an example of the one and one of the other. Null for a single class.</param>
public sealed record ClassStiffness(StiffnessMeasure? Within, StiffnessMeasure? Between);

/// <summary>
/// Stiffness: whether a small step on one example lowers the loss of another, S_cos = E[cos(g_1, g_2)] and S_sign = E[sign(g_1·g_2)] over pairs of
/// different examples.
/// Source: Fort, Nowak, Jastrzębski and Narayanan, Stiffness: A New Perspective on Generalization in Neural Networks, 2019, the sign and the cosine stiffness
/// and their class stiffness matrix, of which within and between are the means of diagonal and rest.
/// </summary>
/// <remarks>A gradient of zero moves nothing and is moved by nothing: its pairs count as 0, which the source leaves open.</remarks>
public static class Stiffness
{
    /// <summary>Stiffness over all pairs of different examples; null for a single example.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    public static StiffnessMeasure? Of(GramMatrix gram)
    {
        var pairs = new Pairs();
        for (int n = 0; n < gram.Size; n++)
        {
            for (int k = 0; k < n; k++)
            {
                pairs.Add(gram, n, k);
            }
        }

        return pairs.Mean();
    }

    /// <summary>Stiffness within and between classes, each class, or pair of classes, counting the same.</summary>
    /// <param name="gram">Inner products of m examples' gradients.</param>
    /// <param name="labels">Class of each example (m).</param>
    /// <exception cref="ArgumentException">There is not one label an example.</exception>
    public static ClassStiffness ByClass(GramMatrix gram, IReadOnlyList<int> labels)
    {
        if (labels.Count != gram.Size)
        {
            throw new ArgumentException($"Expected {gram.Size} labels, one an example, but got {labels.Count}.", nameof(labels));
        }

        var cells = new Dictionary<(int Low, int High), Pairs>();
        for (int n = 0; n < gram.Size; n++)
        {
            for (int k = 0; k < n; k++)
            {
                var classes = (Math.Min(labels[n], labels[k]), Math.Max(labels[n], labels[k]));
                cells.TryAdd(classes, new Pairs());
                cells[classes].Add(gram, n, k);
            }
        }

        return new ClassStiffness(Mean(cells.Where(c => c.Key.Low == c.Key.High)), Mean(cells.Where(c => c.Key.Low != c.Key.High)));
    }

    private static StiffnessMeasure? Mean(IEnumerable<KeyValuePair<(int Low, int High), Pairs>> cells)
    {
        StiffnessMeasure[] means = [.. cells.Select(c => c.Value.Mean()!)];
        return means.Length == 0 ? null : new StiffnessMeasure(means.Average(m => m.Cosine), means.Average(m => m.Sign));
    }

    private sealed class Pairs
    {
        private double _cosines;
        private long _signs;
        private long _count;

        public void Add(GramMatrix gram, int n, int k)
        {
            _cosines += gram.Cosine(n, k);
            _signs += Math.Sign(gram[n, k]);
            _count++;
        }

        public StiffnessMeasure? Mean() => _count == 0 ? null : new StiffnessMeasure(_cosines / _count, (double)_signs / _count);
    }
}
