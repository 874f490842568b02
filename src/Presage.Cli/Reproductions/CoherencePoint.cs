namespace Presage.Cli.Reproductions;

/// <summary>A group of the measured training examples at one moment of training.</summary>
/// <param name="OverOrthogonal">α_m/α_m⊥ within the group.</param>
/// <param name="AlphaDebiased">α within the group, debiased.</param>
/// <param name="Loss">Mean loss of its examples.</param>
/// <param name="Accuracy">Share of them whose given label the network answers.</param>
internal sealed record GroupPoint(double OverOrthogonal, double AlphaDebiased, double Loss, double Accuracy);

/// <summary>A layer at one moment of training.</summary>
/// <param name="Name">The layer's name in the model.</param>
/// <param name="Alpha">Its α_m.</param>
/// <param name="Share">Its share of E‖g‖².</param>
internal sealed record LayerPoint(string Name, double Alpha, double Share);

/// <summary>Coherence and losses at one moment of training.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="TrainLoss">Mean loss of the measured training examples.</param>
/// <param name="TrainAccuracy">Share of them that the network gets right.</param>
/// <param name="TestLoss">Mean loss of the test examples.</param>
/// <param name="TestAccuracy">Share of them that the network gets right.</param>
/// <param name="OverOrthogonal">α_m/α_m⊥ of the network.</param>
/// <param name="Alpha">Its α_m.</param>
/// <param name="AlphaDebiased">The same, debiased.</param>
/// <param name="LargestNorm">Largest norm of a gradient: of an example's or, with batch normalization, of a mini-batch's.</param>
/// <param name="Layers">The layers, in the order of the model.</param>
/// <param name="Groups">The groups that were asked for.</param>
internal sealed record CoherencePoint(
    long Step,
    double TrainLoss,
    double TrainAccuracy,
    double TestLoss,
    double TestAccuracy,
    double OverOrthogonal,
    double Alpha,
    double AlphaDebiased,
    double LargestNorm,
    IReadOnlyList<LayerPoint> Layers,
    IReadOnlyList<GroupPoint> Groups);
