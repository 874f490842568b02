using System.Text.Json.Serialization;
using static System.FormattableString;

namespace Presage.Runs;

/// <summary>What a training's steps follow.</summary>
/// <param name="Name">"sgd", "wsgd", "m3", "a3" or "trimmed".</param>
/// <param name="Percent">Of wsgd and trimmed: examples held down at each end of each coordinate, of 100; else null.</param>
/// <param name="MicroBatches">Of m3 and a3: parts of a batch; else null.</param>
/// <param name="Momentum">Share of the last step that the next one keeps.</param>
/// <param name="WeightDecay">What is added to the gradient, times the weights.</param>
public sealed record OptimizerSetup(string Name, double? Percent, int? MicroBatches, double Momentum, double WeightDecay)
{
    /// <summary>The same for people.</summary>
    [JsonIgnore]
    public string InWords => Rule
        + (Momentum > 0 ? Invariant($", momentum {Momentum}") : "")
        + (WeightDecay > 0 ? Invariant($", weight decay {WeightDecay}") : "");

    private string Rule => Name switch
    {
        "sgd" => "plain SGD",
        "wsgd" => Invariant($"winsorized SGD ({Percent} % of the examples clipped at each end)"),
        "trimmed" => Invariant($"trimmed SGD ({Percent} % of the examples left out at each end)"),
        "m3" => $"median of {MicroBatches} micro-batches",
        "a3" => $"mean of {MicroBatches} micro-batches",
        _ => Name,
    };
}
