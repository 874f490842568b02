namespace Presage.Cli.Studies;

/// <summary>What a search for wrong labels is asked to do.</summary>
/// <param name="Training">Data, noise, network and training.</param>
/// <param name="GradientEpochs">Epochs after which the gradients of all examples are measured: 1, 2, 4, …, so many of them.</param>
/// <param name="Gallery">Examples shown on the page, the most suspicious ones.</param>
/// <param name="Compare">Whether 4-fold cross-validation is trained beside it.</param>
internal sealed record LabelsOptions(DiagnoseOptions Training, int GradientEpochs, int Gallery, bool Compare)
{
    public const int DefaultEpochs = 12;
    public const int DefaultGradientEpochs = 1;
    public const int DefaultGallery = 60;
}
