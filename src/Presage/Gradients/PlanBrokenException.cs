using System.Diagnostics.CodeAnalysis;

namespace Presage.Gradients;

/// <summary>The model does for other examples what it did not do in the trial; the probe catches it and measures otherwise.</summary>
[SuppressMessage("Design", "CA1064:Exceptions should be public", Justification = "It never leaves the probe.")]
internal sealed class PlanBrokenException : Exception
{
    public PlanBrokenException(IReadOnlyList<int> parameters, string message, Exception? innerException = null)
        : base(message, innerException) => Parameters = parameters;

    public PlanBrokenException()
    {
    }

    public PlanBrokenException(string message)
        : base(message)
    {
    }

    public PlanBrokenException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The parameters that cannot be measured as planned.</summary>
    public IReadOnlyList<int> Parameters { get; } = [];
}
