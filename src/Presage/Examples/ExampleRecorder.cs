using Presage.Gradients;
using Presage.Measures;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Examples;

/// <summary>
/// Keeps a record an example over training, from what training computes anyway: the outputs of its steps. Memory is K plus some twenty numbers for each
/// example, however long the training is. Not safe for use by several threads.
/// </summary>
/// <param name="examples">Number of training examples N, where known; then greater indices are refused.</param>
public sealed class ExampleRecorder(int? examples = null)
{
    private ExampleEntry[] _entries = new ExampleEntry[examples ?? 0];
    private double[] _classSums = [];

    /// <summary>Number of classes K; 0 before the first outputs.</summary>
    public int Classes { get; private set; }

    /// <summary>Counts a visit of each of some examples.</summary>
    /// <param name="indices">The examples' numbers in the training set (B), each from 0.</param>
    /// <param name="outputs">The network's scores for them (B, K), K ≥ 2, on any device; a graph behind them is left alone.</param>
    /// <param name="labels">Their given labels (B), int64, each in 0..K−1 and the same at every visit.</param>
    /// <exception cref="ArgumentException">Shapes or types are others, or an index or a label is out of its range or not what it was.</exception>
    /// <exception cref="NumericalException">An output is not finite. Nothing is counted then.</exception>
    public void Observe(ReadOnlySpan<int> indices, Tensor outputs, Tensor labels)
    {
        RequireShapes(indices.Length, outputs, labels);
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        double[] scores = [.. outputs.detach().to(ScalarType.Float64).cpu().reshape(-1).data<double>()];
        long[] given = [.. labels.detach().cpu().data<long>()];
        int classes = checked((int)outputs.shape[1]);
        RequireValues(indices, scores, given, classes);
        Grow(indices, classes);
        for (int b = 0; b < given.Length; b++)
        {
            Visit(indices[b], (int)given[b], scores.AsSpan(b * classes, classes));
        }
    }

    /// <summary>Counts a measurement of some examples' gradients: norms, and agreement with the sum of those measured with them.</summary>
    /// <param name="indices">The examples' numbers in the training set (m), each from 0; those that are never visited get no record.</param>
    /// <param name="statistics">The statistics of their gradients, one an example, in the order of <paramref name="indices"/>.</param>
    /// <exception cref="ArgumentException">There is not one gradient an index, they are of mini-batches, or an index is out of its range.</exception>
    public void ObserveGradients(ReadOnlySpan<int> indices, GradientStatistics statistics)
    {
        if (statistics.IsImputed || statistics.Gradients != indices.Length)
        {
            throw new ArgumentException(
                $"Expected gradients of {indices.Length} examples, but got {statistics.Gradients} of {statistics.ExamplesPerGradient} example(s) each.", nameof(statistics));
        }

        foreach (int index in indices)
        {
            RequireIndex(index, Classes);
        }

        Grow(indices, Classes);

        var agreement = LeaveOneOutAgreement.Of(statistics);
        for (int n = 0; n < indices.Length; n++)
        {
            double squaredNorm = 0;
            foreach (var layer in statistics.Layers)
            {
                squaredNorm += layer.SquaredNorms[n];
            }

            _entries[indices[n]].Measure(Math.Sqrt(squaredNorm), agreement?[n].Cosine);
        }
    }

    /// <summary>The records so far, of the examples that were visited, in the order of their numbers.</summary>
    public IReadOnlyList<ExampleRecord> ToRecords()
    {
        var records = new List<ExampleRecord>();
        for (int n = 0; n < _entries.Length; n++)
        {
            if (_entries[n].Epochs > 0)
            {
                records.Add(_entries[n].ToRecord(n, _classSums.AsSpan(n * Classes, Classes)));
            }
        }

        return records;
    }

    private void Visit(int index, int label, ReadOnlySpan<double> scores)
    {
        double highest = double.NegativeInfinity;
        double other = double.NegativeInfinity;
        for (int k = 0; k < scores.Length; k++)
        {
            highest = Math.Max(highest, scores[k]);
            other = k == label ? other : Math.Max(other, scores[k]);
        }

        double sum = 0;
        foreach (double score in scores)
        {
            sum += Math.Exp(score - highest);
        }

        Span<double> sums = _classSums.AsSpan(index * Classes, Classes);
        for (int k = 0; k < scores.Length; k++)
        {
            sums[k] += Math.Exp(scores[k] - highest) / sum;
        }

        double loss = Math.Log(sum) + highest - scores[label];
        _entries[index].Visit(label, scores[label] - other, Math.Exp(-loss), loss);
    }

    private void Grow(ReadOnlySpan<int> indices, int classes)
    {
        int needed = _entries.Length;
        foreach (int index in indices)
        {
            needed = Math.Max(needed, index + 1);
        }

        Classes = classes;
        int size = needed == _entries.Length ? needed : Math.Max(needed, 2 * _entries.Length);
        Array.Resize(ref _entries, size);
        Array.Resize(ref _classSums, checked(size * classes));
    }

    private static void RequireShapes(int count, Tensor outputs, Tensor labels)
    {
        if (outputs.dim() != 2 || outputs.shape[0] != count || outputs.shape[1] < 2)
        {
            throw new ArgumentException($"Expected scores of shape ({count}, K), K ≥ 2, but got ({string.Join(", ", outputs.shape)}).", nameof(outputs));
        }

        if (labels.dim() != 1 || labels.shape[0] != count || labels.dtype != ScalarType.Int64)
        {
            throw new ArgumentException(
                $"Expected {count} labels of type Int64, but got shape ({string.Join(", ", labels.shape)}) of {labels.dtype}.", nameof(labels));
        }
    }

    private void RequireValues(ReadOnlySpan<int> indices, double[] scores, long[] given, int classes)
    {
        if (Classes != 0 && classes != Classes)
        {
            throw new ArgumentException($"Expected scores of {Classes} classes, as before, but got {classes}.", nameof(scores));
        }

        for (int b = 0; b < given.Length; b++)
        {
            int index = indices[b];
            RequireIndex(index, classes);

            bool known = index < _entries.Length && _entries[index].Epochs > 0;
            if (given[b] < 0 || given[b] >= classes || (known && _entries[index].Label != given[b]))
            {
                throw new ArgumentException(
                    $"Expected the label of example {index} to be {(known ? $"{_entries[index].Label}, as before" : $"in 0..{classes - 1}")}, but got {given[b]}.",
                    nameof(given));
            }
        }

        int bad = Array.FindIndex(scores, score => !double.IsFinite(score));
        if (bad >= 0)
        {
            throw new NumericalException($"Output {bad % classes} of example {indices[bad / classes]} is {scores[bad]}: the network has diverged.");
        }
    }

    private void RequireIndex(int index, int classes)
    {
        if (index < 0 || index >= (examples ?? Array.MaxLength / Math.Max(classes, 2) / 2))
        {
            throw new ArgumentException($"Expected an example's number from 0{(examples is { } n ? $" to {n - 1}" : "")}, but got {index}.", nameof(index));
        }
    }
}
