namespace Presage.Cli.Studies;

/// <summary>What a forecast is asked to do.</summary>
/// <param name="Training">Data, label noise and network; the rest is not looked at.</param>
/// <param name="Initializations">Networks that are made, each from initial weights of its own.</param>
internal sealed record ForecastOptions(DiagnoseOptions Training, int Initializations)
{
    public const int DefaultExamples = 1000;
    public const int DefaultInitializations = 5;
}
