using System.Diagnostics;
using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Bench;

/// <summary>Times of one case, medians over interleaved runs.</summary>
/// <param name="Name">The case.</param>
/// <param name="PlainMs">Forward and backward with weight gradients, by TorchSharp.</param>
/// <param name="MomentsMs">Forward, backward, Σg, Σg² and ‖g_n‖² of every parameter.</param>
/// <param name="Ratio">Moments over plain.</param>
/// <param name="FloorRatio">The same by arithmetic alone.</param>
/// <param name="LoopMs">The same moments, one example at a time.</param>
/// <param name="SpeedupOverLoop">Loop over moments.</param>
/// <param name="ExtraMemoryMb">Peak memory of moments over that of plain, MiB, the result included; null where the system does not tell.</param>
/// <param name="ResultMb">Size of the result, MiB: two float64 numbers a parameter.</param>
/// <param name="Runs">Runs of plain and moments each.</param>
internal sealed record CaseTimes(
    string Name, double PlainMs, double MomentsMs, double Ratio, double FloorRatio, double LoopMs, double SpeedupOverLoop, double? ExtraMemoryMb, double ResultMb, int Runs);

/// <summary>Measures what moments cost beside a plain step, in one run.</summary>
internal static class Ratios
{
    private static readonly ProbeOptions MomentsOnly = new(Signs: false, InnerProducts: false);

    public static CaseTimes Of(Case @case, double seconds)
    {
        using var scope = NewDisposeScope();
        var probe = new GradientProbe(@case.Model, MomentsOnly);
        var plain = new List<double>();
        var moments = new List<double>();
        Plain(@case);
        Moments(probe, @case);
        double? extra = ExtraMemory(() => Plain(@case), () => Moments(probe, @case));
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < seconds || plain.Count < 5)
        {
            plain.Add(Time(() => Plain(@case)));
            moments.Add(Time(() => Moments(probe, @case)));
        }

        // Far slower: a few runs do.
        var loop = new List<double>();
        clock.Restart();
        while (loop.Count < 3 && clock.Elapsed.TotalSeconds < seconds / 3)
        {
            loop.Add(Time(() => Loop(@case)));
        }

        double plainMs = Median(plain);
        double momentsMs = Median(moments);
        double loopMs = Median(loop);
        double result = @case.Model.parameters().Sum(p => p.numel()) * 16.0 / (1 << 20);
        return new CaseTimes(@case.Name, plainMs, momentsMs, momentsMs / plainMs, @case.Floor, loopMs, loopMs / momentsMs, extra, result, plain.Count);
    }

    private static void Plain(Case @case)
    {
        using var scope = NewDisposeScope();
        @case.Model.zero_grad();
        Losses.CrossEntropy(@case.Model.call(@case.Inputs), @case.Labels).mean().backward();
    }

    private static void Moments(GradientProbe probe, Case @case) => probe.Recycle(probe.Measure(@case.Inputs, @case.Labels, Losses.CrossEntropy));

    private static void Loop(Case @case)
    {
        using var scope = NewDisposeScope();
        Tensor[] parameters = [.. @case.Model.parameters()];
        Tensor[] sums = [.. parameters.Select(p => zeros_like(p).detach())];
        Tensor[] squares = [.. parameters.Select(p => zeros_like(p).detach())];
        for (int n = 0; n < @case.Inputs.shape[0]; n++)
        {
            using var example = NewDisposeScope();
            Tensor loss = Losses.CrossEntropy(@case.Model.call(@case.Inputs[n..(n + 1)]), @case.Labels[n..(n + 1)]).sum();
            IList<Tensor> gradients = autograd.grad([loss], parameters);
            for (int p = 0; p < parameters.Length; p++)
            {
                Tensor square = gradients[p].square();
                sums[p].add_(gradients[p]);
                squares[p].add_(square);
                square.sum();
            }
        }
    }

    internal static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    internal static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static double? ExtraMemory(Action plain, Action moments) =>
        ProcessMemory.Peak(plain) is { } first && ProcessMemory.Peak(moments) is { } second ? Math.Max(0, second - first) / (1 << 20) : null;
}
