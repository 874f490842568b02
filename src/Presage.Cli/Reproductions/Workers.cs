using System.Diagnostics;
using System.Globalization;

namespace Presage.Cli.Reproductions;

/// <summary>
/// Settings measured side by side, in a process a core, each with libtorch on one thread, so that a setting's numbers do not depend on what runs beside
/// it. A worker is this program with <see cref="Option"/>: it reads names of settings, a line each, and writes what happens; when its input ends, so does it.
/// </summary>
internal sealed class Workers(string[] arguments, IReadOnlyCollection<Setting> settings)
{
    public const string Option = "--worker";

    public const string Progress = "progress";
    public const string Kept = "kept";
    public const string Numerical = "numerical";
    public const string BadInput = "bad-input";

    private readonly Lock _sync = new();
    private readonly Queue<string> _queue = new(settings.OrderByDescending(setting => setting.Cost).Select(setting => setting.Name));
    private Exception? _failure;

    /// <summary>Measures all settings.</summary>
    /// <param name="onProgress">Hears the share of a setting that is done.</param>
    /// <param name="onKept">Hears that a setting is kept, and the seconds it took.</param>
    /// <param name="cancellation">Stops the workers.</param>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    /// <exception cref="BadInputException">A result could not be kept.</exception>
    /// <exception cref="WorkerLostException">A worker was killed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task RunAsync(Action<string, double> onProgress, Action<string, double> onKept, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAll(Enumerable.Range(0, Math.Min(Environment.ProcessorCount, settings.Count)).Select(_ => WatchAsync(stop, onProgress, onKept)));
        cancellation.ThrowIfCancellationRequested();
        if (_failure is not null)
        {
            throw _failure;
        }
    }

    private async Task WatchAsync(CancellationTokenSource stop, Action<string, double> onProgress, Action<string, double> onKept)
    {
        using Process worker = Start();
        string? current = null;
        await using (stop.Token.Register(() => worker.StandardInput.Close()))
        {
            Next();
            while (await worker.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
            {
                string[] words = line.Split('\t');
                lock (_sync)
                {
                    switch (words)
                    {
                        case [Progress, var name, var share]:
                            onProgress(name, double.Parse(share, CultureInfo.InvariantCulture));
                            break;
                        case [Kept, var name, var seconds]:
                            onKept(name, double.Parse(seconds, CultureInfo.InvariantCulture));
                            Next();
                            break;
                        case [Numerical, var message]:
                            _failure ??= new NumericalException(message);
                            break;
                        case [BadInput, var message]:
                            _failure ??= new BadInputException(message);
                            break;
                    }
                }
            }

            await worker.WaitForExitAsync(CancellationToken.None);
        }

        lock (_sync)
        {
            if (worker.ExitCode != ExitCode.Done && !stop.IsCancellationRequested)
            {
                _failure ??= new WorkerLostException($"The process that measured {current} ended with code {worker.ExitCode}.");
            }
        }

        if (_failure is not null)
        {
            await stop.CancelAsync();
        }

        void Next()
        {
            lock (_sync)
            {
                if (stop.IsCancellationRequested)
                {
                    return;
                }

                try
                {
                    if (_failure is null && _queue.TryDequeue(out current))
                    {
                        worker.StandardInput.WriteLine(current);
                        worker.StandardInput.Flush();
                    }
                    else
                    {
                        worker.StandardInput.Close();
                    }
                }
                catch (Exception exception) when (exception is IOException or ObjectDisposedException)
                {
                    // It has ended already, and its exit code will tell; or its input was closed to stop it.
                }
            }
        }
    }

    private Process Start()
    {
        string program = Environment.ProcessPath ?? "dotnet";
        string own = typeof(Workers).Assembly.Location;
        bool isItself = IsNamed(program, Path.GetFileNameWithoutExtension(own));
        bool isHost = IsNamed(program, "dotnet");
        var start = new ProcessStartInfo(isItself || isHost ? program : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        LibTorch.PrepareWorker(start.Environment);
        foreach (string argument in isItself ? arguments : [own, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static bool IsNamed(string program, string name) =>
        Path.GetFileName(program) is var file && (string.Equals(file, name, StringComparison.Ordinal) || string.Equals(file, name + ".exe", StringComparison.OrdinalIgnoreCase));
}
