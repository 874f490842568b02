namespace Presage.Models;

/// <summary>What the units of a hidden layer do with their sums.</summary>
public enum HiddenActivation
{
    /// <summary>max(0, x): positively homogeneous.</summary>
    Relu,

    /// <summary>1/(1 + e^−x).</summary>
    Sigmoid,

    /// <summary>tanh x.</summary>
    Tanh,
}
