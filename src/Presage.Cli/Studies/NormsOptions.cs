using Presage.Models;

namespace Presage.Cli.Studies;

/// <summary>What is asked of saved networks. What is null is as the files say, or what suits them.</summary>
internal sealed record NormsOptions
{
    /// <summary>Run folders, or files of tensors.</summary>
    public IReadOnlyList<string> Checkpoints { get; init; } = [];

    public string? Data { get; init; }

    public int? Train { get; init; }

    public int? Test { get; init; }

    public int? Seed { get; init; }

    /// <summary>Which network files hold that do not say so.</summary>
    public string? Model { get; init; }

    public int? Channels { get; init; }

    public IReadOnlyList<int>? Hidden { get; init; }

    public HiddenActivation? Activation { get; init; }

    /// <summary>The norm to normalize by: frobenius, spectral, or l and an exponent.</summary>
    public string Norm { get; init; } = "frobenius";

    /// <summary>The scale R of normalized losses.</summary>
    public double Scale { get; init; } = 1;

    public string? Out { get; init; }
}
