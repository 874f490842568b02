using System.Diagnostics;
using Presage.Cli;
using Presage.Cli.Reproductions;
using Presage.Gradients;
using Presage.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Bench;

/// <summary>Times of a step of gradient descent with M networks on M training sets, medians over interleaved runs.</summary>
/// <param name="Name">The case.</param>
/// <param name="Networks">Number M of networks.</param>
/// <param name="BatchedMs">All side by side: batched products, or grouped convolutions.</param>
/// <param name="OneByOneMs">One after another, libtorch with a thread a core.</param>
/// <param name="InThreadsMs">A thread a core, each with networks of its own and libtorch on that thread alone; per M networks.</param>
/// <param name="OneByOneOverBatched">Ratio of the two.</param>
/// <param name="InThreadsOverBatched">Ratio of the two.</param>
/// <param name="Runs">Runs of each.</param>
internal sealed record ReplicaTimes(
    string Name, int Networks, double BatchedMs, double OneByOneMs, double InThreadsMs, double OneByOneOverBatched, double InThreadsOverBatched, int Runs);

/// <summary>Whether training M networks side by side is worth it.</summary>
internal static class Replicas
{
    private const double Rate = 1e-3;

    public static IReadOnlyList<ReplicaTimes> All(double seconds)
    {
        LibTorch.Prepare();
        return
        [
            Mlp("toy-50", [2], 12, 1, 50, 100, 20, seconds),
            Mlp("toy-200", [2], 12, 1, 200, 100, 20, seconds),
            Mlp("mnist-mlp", [1, 28, 28], 32, 10, 500, 10, 5, seconds),
            Cnn(8, 500, 5, seconds),
        ];
    }

    private static ReplicaTimes Mlp(string name, int[] shape, int hidden, int outputs, int examples, int networks, int steps, double seconds)
    {
        using var scope = NewDisposeScope();
        long width = shape.Aggregate(1, (size, side) => size * side);
        Tensor inputs = randn([networks, examples, width], ScalarType.Float64);
        Tensor targets = outputs > 1 ? randint(0, outputs, [networks, examples], ScalarType.Int64) : randn([networks, examples], ScalarType.Float64);
        PerExampleLoss loss = outputs > 1 ? Losses.CrossEntropy : Losses.SquaredError;
        nn.Module<Tensor, Tensor> Make(int seed) => Networks.Mlp(shape, [hidden], outputs, seed).to(ScalarType.Float64);
        using var batched = new BatchedMlps([.. Enumerable.Range(0, networks).Select(Make)], outputs > 1);
        return Measure(name, networks, steps, seconds, examples, Make, inputs, targets, loss, () =>
        {
            using BatchedGradients gradients = batched.Gradients(inputs, targets);
            batched.Step(gradients, Rate);
        });
    }

    // In float32 and chunks of 128 examples, as the reproductions train it.
    private static ReplicaTimes Cnn(int channels, int examples, int networks, double seconds)
    {
        using var scope = NewDisposeScope();
        Tensor inputs = randn([networks, examples, 1, 28, 28]);
        Tensor targets = randint(0, 10, [networks, examples], ScalarType.Int64);
        nn.Module<Tensor, Tensor> Make(int seed) => Networks.Cnn([1, 28, 28], channels, 10, seed);
        Tensor[] grouped = Grouped([.. Enumerable.Range(0, networks).Select(Make)]);
        Tensor sideBySide = inputs.squeeze(2).transpose(0, 1).contiguous();
        using (no_grad())
        {
            Tensor expected = stack(Enumerable.Range(0, networks).Select(m => Make(m).call(inputs[m])));
            if (!Forward(grouped, sideBySide, networks).allclose(expected, 1e-4, 1e-5))
            {
                throw new InvalidOperationException("The grouped network does not give what the networks do.");
            }
        }

        return Measure("mnist-cnn", networks, 1, seconds, 128, Make, inputs, targets, Losses.CrossEntropy, () =>
        {
            foreach (var (start, end) in Chunks(examples, 128))
            {
                using var chunk = NewDisposeScope();
                Tensor outputs = Forward(grouped, sideBySide[start..end], networks);
                (Losses.CrossEntropy(outputs.flatten(0, 1), targets[.., start..end].flatten()).sum() / examples).backward();
            }

            Descend(grouped);
        });
    }

    private static Tensor[] Grouped(nn.Module<Tensor, Tensor>[] models)
    {
        Tensor[][] parameters = [.. models.Select(model => model.parameters().Select(p => p.detach()).ToArray())];
        return [.. Enumerable.Range(0, parameters[0].Length).Select(i =>
            (i < 4 ? cat([.. parameters.Select(p => p[i])]) : stack(parameters.Select(p => p[i]))).requires_grad_())];
    }

    private static Tensor Forward(Tensor[] p, Tensor inputs, int networks)
    {
        Tensor x = inputs;
        for (int layer = 0; layer < 2; layer++)
        {
            x = nn.functional.max_pool2d(nn.functional.relu(nn.functional.conv2d(x, p[2 * layer], p[2 * layer + 1], groups: networks)), 2);
        }

        x = x.reshape(x.shape[0], networks, -1).transpose(0, 1);
        x = nn.functional.relu(x.matmul(p[4].transpose(1, 2)) + p[5].unsqueeze(1));
        return x.matmul(p[6].transpose(1, 2)) + p[7].unsqueeze(1);
    }

    private static ReplicaTimes Measure(
        string name,
        int networks,
        int steps,
        double seconds,
        int chunk,
        Func<int, nn.Module<Tensor, Tensor>> make,
        Tensor inputs,
        Tensor targets,
        PerExampleLoss loss,
        Action step)
    {
        Console.Error.WriteLine($"{name}: M = {networks}");
        int threads = Environment.ProcessorCount;
        nn.Module<Tensor, Tensor>[][] models = [.. Enumerable.Range(0, threads).Select(_ => Enumerable.Range(0, networks).Select(make).ToArray())];
        var batched = new List<double>();
        var oneByOne = new List<double>();
        var inThreads = new List<double>();
        var clock = new Stopwatch();
        for (int run = -1; clock.Elapsed.TotalSeconds < seconds || run < 5; run++)
        {
            double a = Ratios.Time(() => Repeat(step));
            double b = Ratios.Time(() => All(models[0]));
            double c = Ratios.Time(InThreads) / threads;
            if (run < 0)
            {
                // The first is for warming up.
                clock.Start();
                continue;
            }

            batched.Add(a / steps);
            oneByOne.Add(b / steps);
            inThreads.Add(c / steps);
        }

        var (x, y, z) = (Ratios.Median(batched), Ratios.Median(oneByOne), Ratios.Median(inThreads));
        return new ReplicaTimes(name, networks, x, y, z, y / x, z / x, batched.Count);

        void Repeat(Action action)
        {
            for (int i = 0; i < steps; i++)
            {
                action();
            }
        }

        void All(nn.Module<Tensor, Tensor>[] each) => Repeat(() =>
        {
            for (int m = 0; m < networks; m++)
            {
                using var scope = NewDisposeScope();
                Step(each[m], inputs[m], targets[m], loss, chunk);
            }
        });

        void InThreads()
        {
            Thread[] workers = [.. models.Select(each => new Thread(() =>
            {
                set_num_threads(1);
                All(each);
            }))];
            Array.ForEach(workers, worker => worker.Start());
            Array.ForEach(workers, worker => worker.Join());
        }
    }

    private static void Step(nn.Module<Tensor, Tensor> model, Tensor inputs, Tensor targets, PerExampleLoss loss, int chunk)
    {
        int examples = (int)targets.shape[0];
        foreach (var (start, end) in Chunks(examples, chunk))
        {
            using var scope = NewDisposeScope();
            (loss(model.call(inputs[start..end]), targets[start..end]).sum() / examples).backward();
        }

        Descend([.. model.parameters()]);
    }

    private static void Descend(Tensor[] parameters)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        foreach (Tensor parameter in parameters)
        {
            parameter.add_(parameter.grad!, alpha: -Rate);
            parameter.grad!.zero_();
        }
    }

    private static IEnumerable<(int Start, int End)> Chunks(int examples, int chunk)
    {
        for (int start = 0; start < examples; start += chunk)
        {
            yield return (start, Math.Min(start + chunk, examples));
        }
    }
}
