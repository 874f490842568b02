using Presage.Gradients.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>Finds what all examples share, and whether the model computes the same when each is given a copy of it.</summary>
/// <param name="recorder">Watches the model.</param>
/// <param name="lossesOf">Runs the model.</param>
/// <param name="examples">Number of examples, at least 2, the first of the sample.</param>
/// <param name="state">What the model's runs change.</param>
internal sealed class CopyTrial(Recorder recorder, LossesOfExamples lossesOf, int examples, PreservedState state)
{
    /// <summary>The rules of the layers whose outputs have the same shapes for one example as in the given recording of all.</summary>
    public HashSet<LayerRule> SharedBy(IReadOnlyList<Site> sites)
    {
        using var scope = NewDisposeScope();
        state.Rewind();
        recorder.Run(scope, lossesOf, 0, 1, state.Rewind);
        ILookup<LayerRule, string> ofOne = Shapes(recorder.Sites);
        return [.. Shapes(sites).Where(rule => rule.SequenceEqual(ofOne[rule.Key], StringComparer.Ordinal)).Select(rule => rule.Key)];

        static ILookup<LayerRule, string> Shapes(IEnumerable<Site> sites) =>
            sites.Where(s => !s.IsArranged).ToLookup(s => s.Rule, s => string.Join(',', s.Output.shape));
    }

    /// <summary>Whether the losses with a rule's copies are the given ones, and each depends on its own example's copy alone.</summary>
    public bool ChangeNothing(LayerRule rule, Expansion expansion, double[] expected)
    {
        using var scope = NewDisposeScope();
        state.Rewind();
        try
        {
            Tensor losses = recorder.Run(scope, lossesOf, 0, examples, state.Rewind);
            double tolerance = losses.dtype == ScalarType.Float64 ? 1e-10 : 1e-5;
            Tensor[] copies = [.. recorder.Sites.Where(s => s.Rule == rule).Select(s => s.Output)];
            return copies.Length > 0
                && losses.ToDoubles().Zip(expected).All(l => Math.Abs(l.First - l.Second) <= tolerance * Math.Abs(l.Second) + ExampleMixing.RoundingOf(losses.dtype))
                && Enumerable.Range(0, examples).All(n => Autograd.Gradients(losses[n], copies).All(g => IsOfOne(expansion.Arrange(g), n)));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The model has no place for the copies.
            return false;
        }
    }

    // Exactly zero, so that no mixture is too small to be seen.
    private bool IsOfOne(Tensor gradients, int example) =>
        Enumerable.Range(0, examples).All(n => n == example || gradients[n].Largest() == 0);
}
