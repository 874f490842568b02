using System.Diagnostics;
using Presage.Cli.Studies;
using Presage.Data;

namespace Presage.Cli.Reproductions;

/// <summary>How the images of settings are read.</summary>
/// <param name="Instead">Name or folder of the images that take the place of a setting's own data set; null for its own.</param>
/// <param name="Side">Height and width to which the images of a folder are scaled.</param>
/// <param name="Most">Images of a folder that are read, at most.</param>
internal sealed record SettingImages(string? Instead, int Side, ImageCounts Most);

/// <summary>
/// Measures settings one after another, and keeps each. A process works in one thread only: TorchSharp turns numbers into objects that the garbage
/// collector, once another thread sets it off, takes from under libtorch.
/// </summary>
/// <param name="settings">The settings that it may be told to measure.</param>
/// <param name="images">How images are read.</param>
/// <param name="seed">Their seed.</param>
/// <param name="folder">Folder of their results.</param>
/// <param name="shared">Results of measurements that other reproductions need too; null for the usual ones.</param>
internal sealed class SettingLoop(IReadOnlyList<Setting> settings, SettingImages images, int seed, string folder, SharedResults? shared = null)
{
    private readonly SharedResults _shared = shared ?? new SharedResults(SharedResults.UsualFolder);
    private readonly Dictionary<string, Setting> _settings = settings.ToDictionary(setting => setting.Name, StringComparer.Ordinal);
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

        ImageData? data = _settings[name].DataSet is { } own ? await ImagesAsync(images.Instead ?? own, cancellation) : null;
        try
        {
            string result = _settings[name].Measure(new SettingWork(seed, data, onProgress, cancellation));
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
        ? FormattableString.Invariant($"{key}; seed {seed}; {(setting.DataSet is { } own ? ImageSource.IdentityOf(images.Instead ?? own) : "no data")}{OfFolder()}")
        : null;

    // A folder's images are chosen and scaled as is asked.
    private string OfFolder() => images.Instead is null ? "" : FormattableString.Invariant($"; {images.Most}, side {images.Side}");

    private async Task<ImageData> ImagesAsync(string source, CancellationToken cancellation)
    {
        if (!_images.TryGetValue(source, out ImageData? read))
        {
            _images[source] = read = await ImageSource.LoadAsync(source, images.Side, images.Most, seed, new Silence(), cancellation);
        }

        return read;
    }

    private sealed class Silence : IProgress<string>
    {
        public void Report(string value)
        {
        }
    }
}
