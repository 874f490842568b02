using System.Diagnostics;
using Presage.Cli.Studies;
using Presage.Data;

namespace Presage.Cli.Reproductions;

/// <summary>
/// Measures settings one after another, and keeps each. A process works in one thread only: TorchSharp turns numbers into objects that the garbage
/// collector, once another thread sets it off, takes from under libtorch.
/// </summary>
/// <param name="reproduction">The reproduction.</param>
/// <param name="scale">Its scale.</param>
/// <param name="seed">Its seed.</param>
/// <param name="folder">Folder of its results.</param>
/// <param name="data">Name or folder of the images that take the place of its data set; null for its own.</param>
/// <param name="shared">Results of measurements that other reproductions need too; null for the usual ones.</param>
internal sealed class SettingLoop(Reproduction reproduction, Scale scale, int seed, string folder, string? data = null, SharedResults? shared = null)
{
    private readonly SharedResults _shared = shared ?? new SharedResults(SharedResults.UsualFolder);
    private readonly Dictionary<string, Setting> _settings = reproduction.Settings(scale).ToDictionary(setting => setting.Name, StringComparer.Ordinal);
    private readonly Dictionary<string, ImageData> _images = new(StringComparer.Ordinal);

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

    /// <summary>
    /// Measures a setting, or takes what another reproduction has measured; what it takes is the time that measuring takes, or took, reading data included.
    /// </summary>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<double> MeasureAsync(string name, Action<double> onProgress, CancellationToken cancellation)
    {
        var time = Stopwatch.StartNew();
        string? key = KeyOf(_settings[name]);
        if (key is not null && _shared.Find(key) is { } known && _settings[name].IsResult(known.Result.GetRawText()))
        {
            ResultStore.Keep(folder, name, known.Seconds, known.Result.GetRawText());
            return known.Seconds;
        }

        ImageData? images = _settings[name].DataSet is { } own ? await ImagesAsync(data ?? own, cancellation) : null;
        try
        {
            string result = _settings[name].Measure(new SettingWork(scale, seed, images, onProgress, cancellation));
            double seconds = time.Elapsed.TotalSeconds;
            ResultStore.Keep(folder, name, seconds, result);
            if (key is not null)
            {
                _shared.TryKeep(key, seconds, result);
            }

            return seconds;
        }
        catch (NumericalException exception)
        {
            throw new NumericalException($"{name}: {exception.Message}", exception);
        }
    }

    private string? KeyOf(Setting setting) => setting.SharedKey is { } key
        ? FormattableString.Invariant($"{key}; seed {seed}; {(setting.DataSet is { } own ? ImageSource.IdentityOf(data ?? own) : "no data")}{OfFolder()}")
        : null;

    // A folder's images are chosen and scaled as the reproduction asks.
    private string OfFolder() => data is null
        ? ""
        : FormattableString.Invariant($"; {reproduction.MostImages(scale)}, side {reproduction.ImageSide(scale)}");

    private async Task<ImageData> ImagesAsync(string source, CancellationToken cancellation)
    {
        if (!_images.TryGetValue(source, out ImageData? images))
        {
            _images[source] = images = await ImageSource.LoadAsync(
                source, reproduction.ImageSide(scale), reproduction.MostImages(scale), seed, new Silence(), cancellation);
        }

        return images;
    }

    private sealed class Silence : IProgress<string>
    {
        public void Report(string value)
        {
        }
    }
}
