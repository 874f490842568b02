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
    private readonly Dictionary<string, ImageData> _data = new(StringComparer.Ordinal);

    /// <summary>Measures settings in this process.</summary>
    /// <inheritdoc cref="MeasureSettings" path="/param"/>
    public async Task MeasureAsync(
        IReadOnlyCollection<Setting> settings, Action<string, double> onProgress, Action<string, double> onKept, CancellationToken cancellation)
    {
        foreach (Setting setting in settings)
        {
            cancellation.ThrowIfCancellationRequested();
            onKept(setting.Name, await MeasureAsync(setting.Name, share => onProgress(setting.Name, share), cancellation));
        }
    }

    /// <summary>Measures a setting; what it takes is the time since this was called, reading data included.</summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<double> MeasureAsync(string name, Action<double> onProgress, CancellationToken cancellation)
    {
        var time = Stopwatch.StartNew();
        ImageData? data = _settings[name].DataSet is { } set ? await DataAsync(set, cancellation) : null;
        try
        {
            string result = _settings[name].Measure(new SettingWork(scale, seed, data, onProgress, cancellation));
            double seconds = time.Elapsed.TotalSeconds;
            ResultStore.Keep(folder, name, seconds, result);
            return seconds;
        }
        catch (NumericalException exception)
        {
            throw new NumericalException($"{name}: {exception.Message}", exception);
        }
    }

    private async Task<ImageData> DataAsync(string name, CancellationToken cancellation)
    {
        if (!_data.TryGetValue(name, out ImageData? data))
        {
            _data[name] = data = await KnownData.LoadAsync(name, DataCache.FromEnvironment(), new Silence(), cancellation);
        }

        return data;
    }

    private sealed class Silence : IProgress<string>
    {
        public void Report(string value)
        {
        }
    }
}
