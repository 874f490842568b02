using Presage.Gradients;
using Presage.Runs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>A small network trained on sixty examples with a monitor in the loop, and a clock that no machine can slow down.</summary>
public abstract class MonitoredLoop : IDisposable
{
    protected const int Classes = 3;

    private readonly TestFolder _test = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    protected MonitoredLoop()
    {
        using var generator = new Generator(5);
        Inputs = randn([60, 4], generator: generator);
        Labels = Inputs.matmul(randn([4, Classes], generator: generator)).argmax(1);
    }

    protected Tensor Inputs { get; }

    protected Tensor Labels { get; }

    protected string Folder => Path.Combine(_test.Path, "run");

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        _scope.Dispose();
        _test.Dispose();
    }

    private protected static MonitoredNetwork Network()
    {
        torch.random.manual_seed(3);
        return new MonitoredNetwork();
    }

    private protected static string State(MonitoredNetwork model)
    {
        using Tensor random = torch.random.get_rng_state();
        return string.Join(
            '\n',
            [
                .. model.modules().Append(model).Select(m => $"{m.GetName()} {m.training}"),
                .. model.buffers().Concat(model.parameters()).Concat(model.parameters().Select(p => p.grad!)).Append(random)
                    .Select(t => Convert.ToHexString(t.detach().contiguous().bytes)),
            ]);
    }

    private protected TrainingMonitor Start(MonitoredNetwork model, MonitorOptions? options = null, PerExampleLoss? loss = null) =>
        TrainingMonitor.Start(Folder, model, Inputs, Labels, loss ?? Losses.CrossEntropy, options ?? new MonitorOptions { OverheadBudget = 0 });

    private protected RunRecord Finished(MonitorOptions? options = null, PerExampleLoss? loss = null)
    {
        MonitoredNetwork model = Network();
        using var optimizer = optim.SGD(model.parameters(), 0.05);
        using TrainingMonitor monitor = Start(model, options, loss);
        for (int step = 0; step < 200; step++)
        {
            optimizer.zero_grad();
            using Tensor value = Losses.CrossEntropy(model.call(Inputs), Labels).mean();
            value.backward();
            optimizer.step();
            monitor.Step();
        }

        return monitor.Finish();
    }

    /// <summary>A second from each look at it to the next, so that every step and every measurement takes one, on any machine.</summary>
    protected sealed class Clock : TimeProvider
    {
        private long _calls;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Interlocked.Increment(ref _calls) * 1000;
    }
}
