namespace Presage.Kernels;

/// <summary>By what a squared error is divided, which sets the unit of time and of learning rates.</summary>
public enum LossNormalization
{
    /// <summary>L = ½ Σ_n ‖f(x_n) − y_n‖²: outputs follow df/dt = −Θ (f − Y).</summary>
    Sum,

    /// <summary>L = 1/(2n) Σ_n ‖f(x_n) − y_n‖²: df/dt = −Θ (f − Y)/n.</summary>
    MeanOverExamples,

    /// <summary>L = 1/(2nK) Σ_n ‖f(x_n) − y_n‖², as mean squared error over n examples and K outputs, halved: df/dt = −Θ (f − Y)/(nK).</summary>
    MeanOverOutputs,
}
