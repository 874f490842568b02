namespace Presage.Gradients;

/// <summary>How a parameter's per-example gradients are had.</summary>
public enum CoverageMethod
{
    /// <summary>From the layer's inputs and deltas, by a formula; where all examples share what it gives, or the parameter itself, from the deltas of a copy an example.</summary>
    ClosedForm,

    /// <summary>From the layer's inputs and deltas after unfolding: the windows of a convolution, the steps and maps of a recurrent or attention layer.</summary>
    Unfolded,

    /// <summary>By automatic differentiation, one example at a time: exact, and far slower, for the whole model.</summary>
    Fallback,

    /// <summary>Not at all, because examples are mixed: per-example quantities are imputed from mini-batches.</summary>
    Imputed,
}

/// <summary>An entry of the coverage report: how one trainable parameter is measured, and why so.</summary>
/// <param name="Name">The parameter's name in the model.</param>
/// <param name="Module">Type of the module that owns it.</param>
/// <param name="Method">How its gradients are had.</param>
/// <param name="Reason">Why, in a sentence.</param>
public sealed record ParameterCoverage(string Name, string Module, CoverageMethod Method, string Reason);
