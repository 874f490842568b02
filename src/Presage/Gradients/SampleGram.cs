namespace Presage.Gradients;

/// <summary>Inner products of m examples' gradients over one layer's parameters.</summary>
/// <param name="Name">The module's name in the model.</param>
/// <param name="Gram">K_nm = ⟨g_n, g_m⟩ over the layer's parameters (m · m).</param>
public sealed record LayerGram(string Name, GramMatrix Gram);

/// <summary>Inner products K_nm = ⟨g_n, g_m⟩ of the gradients of a sample's m examples (unreduced losses), in float64.</summary>
/// <param name="Network">Over all trainable parameters: the sum of the layers' (m · m).</param>
/// <param name="Layers">Over each layer's, in the order of <see cref="GradientStatistics.Layers"/>.</param>
public sealed record SampleGram(GramMatrix Network, IReadOnlyList<LayerGram> Layers);
