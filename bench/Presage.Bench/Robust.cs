using System.Diagnostics;
using Presage.Cli;
using Presage.Data;
using Presage.Gradients;
using Presage.Models;
using Presage.Robust;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Bench;

/// <summary>A way to take a step, and what it costs.</summary>
/// <param name="Name">The way.</param>
/// <param name="Ms">Median over the interleaved runs.</param>
/// <param name="Runs">How many.</param>
internal sealed record StepTime(string Name, double Ms, int Runs);

/// <summary>A ratio that is asked for.</summary>
/// <param name="Name">What over what.</param>
/// <param name="Value">The ratio of the medians.</param>
/// <param name="Required">What is required of it.</param>
/// <param name="Holds">Whether it is so.</param>
internal sealed record RequiredRatio(string Name, double Value, string Required, bool Holds);

/// <summary>What robust steps cost beside ordinary ones.</summary>
/// <param name="Network">The network and the batch.</param>
/// <param name="Data">The inputs.</param>
/// <param name="ShareOfZeros">The share of the batches' pixels that are exactly 0.</param>
/// <param name="Steps">Times.</param>
/// <param name="Ratios">Ratios in this run.</param>
internal sealed record RobustTimes(string Network, string Data, double ShareOfZeros, IReadOnlyList<StepTime> Steps, IReadOnlyList<RequiredRatio> Ratios);

/// <summary>Measures steps that hold single examples or micro-batches down beside ordinary ones, in one run.</summary>
internal static class Robust
{
    private const int Batch = 100;
    private const int Batches = 30;

    // Seconds where the others take milliseconds: every so many runs does.
    private const int RunsOfOthersASort = 50;

    public static RobustTimes Of(double seconds)
    {
        LibTorch.Prepare();
        using var scope = NewDisposeScope();
        var (data, inputs, labels) = Examples();
        using nn.Module<Tensor, Tensor> model = Networks.Mlp([1, 28, 28], [256, 256, 256], 10, 1);
        using var optimizer = optim.SGD(model.parameters(), 0.1);
        TorchSharp.Modules.Parameter[] parameters = [.. model.parameters()];
        var m3 = new MedianOfMeans(3);
        int batch = 0;
        var winsorized = new[] { 1, 8, 50 }.ToDictionary(c => c, c => new WinsorizedGradients(model, c));
        (string Name, Action Step)[] steps =
        [
            ("SGD", () => Plain(Next())),
            ("WSGD, c=1", () => Winsorized(1)),
            ("WSGD, c=8", () => Winsorized(8)),
            ("WSGD, c=50", () => Winsorized(50)),
            ("three SGD micro-steps", () => Array.ForEach([0, 1, 2], _ => Plain(Next()))),
            ("M3", () =>
            {
                m3.Backward(parameters, _ =>
                {
                    int next = Next();
                    return nn.functional.cross_entropy(model.call(inputs[next]), labels[next]);
                });
                optimizer.step();
            }),
        ];
        var times = steps.Select(_ => new List<double>()).ToArray();
        var sorted = new List<double>();
        var sorting = new List<double>();
        Action[] all = [.. steps.Select(step => step.Step)];
        Array.ForEach(all, Scoped);
        Array.ForEach(all, Scoped);
        Scoped(BySorting);
        sorting.Clear();
        var clock = Stopwatch.StartNew();
        for (int run = 0; clock.Elapsed.TotalSeconds < seconds || run < 5; run++)
        {
            for (int s = 0; s < all.Length; s++)
            {
                times[s].Add(Ratios.Time(() => Scoped(all[s])));
            }

            if (run % RunsOfOthersASort == 0)
            {
                sorted.Add(Ratios.Time(() => Scoped(BySorting)));
            }
        }

        double[] ms = [.. times.Select(Ratios.Median)];
        double sortMs = Ratios.Median(sorted);
        return new RobustTimes(
            "784-256-256-256-10, ReLU, B=100",
            data,
            inputs.Average(x => x.eq(0).to(ScalarType.Float32).mean().item<float>()),
            [.. steps.Select((step, s) => new StepTime(step.Name, ms[s], times[s].Count)), new StepTime("WSGD by sorting, c=8", sortMs, sorted.Count), new StepTime("of that to sort", Ratios.Median(sorting), sorting.Count)],
            [
                AtMost("WSGD over SGD, c=1", ms[1] / ms[0], 5),
                AtMost("WSGD over SGD, c=8", ms[2] / ms[0], 8),
                AtMost("WSGD over SGD, c=50", ms[3] / ms[0], 20),
                new RequiredRatio("sorting over WSGD, c=8", sortMs / ms[2], "≥ 100", sortMs / ms[2] >= 100),
                AtMost("M3 over three SGD micro-steps", ms[5] / ms[4], 1.1),
            ]);

        int Next() => batch++ % Batches;

        void Plain(int b)
        {
            optimizer.zero_grad();
            nn.functional.cross_entropy(model.call(inputs[b]), labels[b]).backward();
            optimizer.step();
        }

        void Winsorized(int percent)
        {
            int next = Next();
            winsorized[percent].Backward(inputs[next], labels[next], Losses.CrossEntropy);
            optimizer.step();
        }

        void BySorting()
        {
            int next = Next();
            sorting.Add(SetSorted(model, inputs[next], labels[next], 8));
            optimizer.step();
        }
    }

    private static void Scoped(Action action)
    {
        using var scope = NewDisposeScope();
        action();
    }

    private static RequiredRatio AtMost(string name, double value, double most) =>
        new(name, value, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"≤ {most}"), value <= most);

    private static (string Data, Tensor[] Inputs, Tensor[] Labels) Examples()
    {
        try
        {
            ImageSet images = KnownData.LoadAsync("mnist", DataCache.FromEnvironment()).GetAwaiter().GetResult().Train;
            Tensor inputs = tensor([.. images.Pixels.Take(Batch * Batches * 784).Select(pixel => pixel / 255f)], [Batches, Batch, 1, 28, 28]);
            Tensor labels = tensor([.. images.Labels.Take(Batch * Batches).Select(label => (long)label)], [Batches, Batch]);
            return ("MNIST, pixels over 255", inputs.unbind(), labels.unbind());
        }
        catch (DataUnavailableException)
        {
            // As many zeros as MNIST has, though evenly over the image.
            Tensor inputs = rand([Batches, Batch, 1, 28, 28]);
            inputs *= rand_like(inputs).gt(0.81);
            return ("random pixels, 81 % of them 0 (MNIST could not be had)", inputs.unbind(), randint(0, 10, [Batches, Batch], ScalarType.Int64).unbind());
        }
    }

    // The obvious way: gradients of one example after another, stored, and each coordinate's sorted. Returns how long the latter took.
    private static double SetSorted(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor labels, int few)
    {
        TorchSharp.Modules.Parameter[] parameters = [.. model.parameters()];
        var gradients = parameters.Select(_ => new List<Tensor>()).ToArray();
        for (int n = 0; n < Batch; n++)
        {
            IList<Tensor> ofExample = autograd.grad([nn.functional.cross_entropy(model.call(inputs[n..(n + 1)]), labels[n..(n + 1)])], parameters);
            for (int p = 0; p < parameters.Length; p++)
            {
                gradients[p].Add(ofExample[p]);
            }
        }

        double sorting = 0;
        for (int p = 0; p < parameters.Length; p++)
        {
            Tensor all = stack(gradients[p]);
            sorting += Ratios.Time(() => parameters[p].grad = Winsorized(all, few));
        }

        return sorting;
    }

    private static Tensor Winsorized(Tensor gradients, int few)
    {
        using var scope = NewDisposeScope();
        Tensor sorted = gradients.sort(dim: 0).Values;
        return sorted.clamp(sorted[few].unsqueeze(0), sorted[Batch - 1 - few].unsqueeze(0)).mean([0]).DetachFromDisposeScope();
    }
}
