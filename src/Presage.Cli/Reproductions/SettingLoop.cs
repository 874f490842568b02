using System.Diagnostics;
using Presage.Data;

namespace Presage.Cli.Reproductions;

/// <summary>
/// Measures settings one after another, and keeps each. A process works in one thread only: TorchSharp turns numbers into objects that the garbage
/// collector, once another thread sets it off, takes from under libtorch.
/// </summary>
internal sealed class SettingLoop(Reproduction reproduction, Scale scale, int seed, string folder)
{
    private readonly Dictionary<string, Setting> _settings = reproduction.Settings(scale).ToDictionary(setting => setting.Name, StringComparer.Ordinal);
    private ImageData? _data;

    /// <summary>Measures a setting; what it takes is the time since this was called, reading data included.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<double> MeasureAsync(string name, Action<double> onProgress, CancellationToken cancellation)
    {
        var time = Stopwatch.StartNew();
        _data ??= reproduction.DataSet is { } data
            ? await KnownData.LoadAsync(data, DataCache.FromEnvironment(), new Silence(), cancellation)
            : null;
        string result = _settings[name].Measure(new SettingWork(scale, seed, _data, onProgress, cancellation));
        double seconds = time.Elapsed.TotalSeconds;
        ResultStore.Keep(folder, name, seconds, result);
        return seconds;
    }

    private sealed class Silence : IProgress<string>
    {
        public void Report(string value)
        {
        }
    }
}
