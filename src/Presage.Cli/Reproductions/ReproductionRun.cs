using System.Globalization;
using System.Text.Json;
using Presage.Cli.Studies;
using Presage.Data;
using Presage.Models;
using Presage.Runs;
using Presage.Runs.Reproductions;

namespace Presage.Cli.Reproductions;

/// <summary>Hears how a reproduction goes on.</summary>
internal interface IReproductionObserver : IProgress<string>
{
    /// <summary>The work begins.</summary>
    /// <param name="settings">Number of settings in all.</param>
    /// <param name="kept">Those that an earlier run has measured.</param>
    void OnStart(int settings, int kept);

    /// <summary>The share of the work of this run that is done.</summary>
    void OnProgress(double share);

    /// <summary>A setting was measured and kept.</summary>
    void OnSetting(string name, double seconds, int done, int settings);
}

/// <summary>Has settings measured and kept.</summary>
/// <param name="settings">The settings.</param>
/// <param name="onProgress">Hears the share of a setting that is done.</param>
/// <param name="onKept">Hears that a setting is kept, and the seconds it took.</param>
/// <param name="cancellation">Stops it.</param>
internal delegate Task MeasureSettings(
    IReadOnlyCollection<Setting> settings, Action<string, double> onProgress, Action<string, double> onKept, CancellationToken cancellation);

/// <summary>Runs a reproduction: has the settings measured that its folder does not have yet, and judges them all.</summary>
/// <param name="reproduction">The reproduction.</param>
/// <param name="scale">Its scale.</param>
/// <param name="seed">Its seed.</param>
/// <param name="folder">Folder of its results.</param>
/// <param name="observer">Hears how it goes on.</param>
/// <param name="measure">Measures settings; null for workers.</param>
/// <param name="data">Name or folder of the images that take the place of its data set; null for its own.</param>
internal sealed class ReproductionRun(
    Reproduction reproduction, Scale scale, int seed, string folder, IReproductionObserver observer, MeasureSettings? measure = null, string? data = null)
{
    public const string PageFile = "report.html";
    public const string DocumentFile = "result.json";

    /// <summary>Runs to the end; what is measured on the way is kept whatever happens.</summary>
    /// <exception cref="BadInputException">The folder is another's, or the reproduction cannot be run on the data.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public async Task<ReproductionDocument> RunAsync(CancellationToken cancellation)
    {
        string? identity = data is null ? null : IdentityOf(data);
        using ResultStore store = ResultStore.Open(
            folder, new StoreHeader(reproduction.Id, scale, seed, reproduction.Revision, reproduction.Sizes(scale), identity));
        IReadOnlyList<Setting> settings = reproduction.Settings(scale);
        List<Setting> missing = [.. settings.Where(setting => store.Find(setting.Name) is null)];
        foreach (string source in missing.Select(setting => setting.DataSet is { } own ? data ?? own : null).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            Require(source, await ImageSource.LoadAsync(source, reproduction.ImageSide(scale), reproduction.MostImages(scale), seed, observer, cancellation));
        }

        observer.OnStart(settings.Count, settings.Count - missing.Count);
        if (missing.Count > 0)
        {
            await MeasureAsync(missing, settings.Count, cancellation);
        }

        return Judge(store, settings, identity);
    }

    private string IdentityOf(string source) => reproduction.TakesOtherData
        ? ImageSource.IdentityOf(source)
        : throw new BadInputException($"{reproduction.Id} is run on {reproduction.DataSet ?? "data that it makes itself"} alone, and takes no --data.");

    // Each worker reads the data anew: what is wrong with them is said once, here, before any is started.
    private void Require(string source, ImageData images)
    {
        int side = Math.Min(images.Train.Height, images.Train.Width);
        if (data is not null && (side < Networks.LeastCnnSide || images.Train.ClassCount < 2))
        {
            throw new BadInputException(FormattableString.Invariant(
                $"{reproduction.Id} takes images of at least {Networks.LeastCnnSide} pixels a side and of two classes, but '{source}' has {side} pixels and {images.Train.ClassCount} class(es)."));
        }

        var (train, test) = reproduction.LeastImages(scale);
        if (images.Train.Count < train || images.Test.Count < test)
        {
            throw new BadInputException(FormattableString.Invariant(
                $"{reproduction.Id} at {Name(scale)} takes at least {train:N0} training and {test:N0} test images, but '{source}' has {images.Train.Count:N0} and {images.Test.Count:N0}."));
        }

        reproduction.Require(scale, images);
    }

    private async Task MeasureAsync(List<Setting> missing, int settings, CancellationToken cancellation)
    {
        var shares = missing.ToDictionary(setting => setting.Name, _ => 0.0, StringComparer.Ordinal);
        double total = missing.Sum(setting => setting.Cost);
        int done = settings - missing.Count;
        await (measure ?? MeasureByWorkers)(missing, OnShare, OnKept, cancellation);

        void OnShare(string name, double share)
        {
            shares[name] = share;
            observer.OnProgress(missing.Sum(setting => setting.Cost * shares[setting.Name]) / total);
        }

        void OnKept(string name, double seconds)
        {
            observer.OnSetting(name, seconds, ++done, settings);
            OnShare(name, 1);
        }
    }

    private Task MeasureByWorkers(
        IReadOnlyCollection<Setting> missing, Action<string, double> onShare, Action<string, double> onKept, CancellationToken cancellation)
    {
        string[] arguments =
        [
            "reproduce", reproduction.Id, "--scale", Name(scale), "--seed", seed.ToString(CultureInfo.InvariantCulture), "--out", folder, Workers.Option,
            .. data is null ? (IEnumerable<string>)[] : ["--data", data],
        ];
        return new Workers(arguments, missing).RunAsync(onShare, onKept, cancellation);
    }

    private ReproductionDocument Judge(ResultStore store, IReadOnlyList<Setting> settings, string? identity)
    {
        List<KeptSetting> kept = [.. settings.Select(setting => store.Find(setting.Name)!)];
        Outcome outcome;
        try
        {
            outcome = reproduction.Judge(scale, [.. kept.Select(each => each.Result.GetRawText())]);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"A result under '{folder}' is damaged ({exception.Message}): delete its file to have it measured again.", exception);
        }

        string page = Path.Combine(folder, PageFile);
        string file = Path.Combine(folder, DocumentFile);
        var document = new ReproductionDocument(
            ReproductionDocument.CurrentSchema,
            reproduction.Id,
            reproduction.Document,
            reproduction.Figure,
            reproduction.Shows,
            Name(scale),
            seed,
            [.. reproduction.Differs(scale), .. identity is null ? (IEnumerable<string>)[] : DiffersByData(identity)],
            outcome.Claims,
            Math.Round(kept.Sum(each => each.Seconds), 1),
            [page, file, .. settings.Select(setting => store.PathOf(setting.Name))],
            outcome.Panels,
            outcome.Tables);
        WholeFile.Write(file, document.ToJson());
        WholeFile.Write(page, ReproductionPage.Render(document));
        return document;
    }

    private IEnumerable<string> DiffersByData(string identity) =>
    [
        $"Run on {identity} in place of {reproduction.DataSet}, by --data: what is said above of {reproduction.DataSet} is not about these images.",
        FormattableString.Invariant($"Images of a folder with a folder a class are cut to the centred square and scaled to {reproduction.ImageSide(scale)}x{reproduction.ImageSide(scale)}."),
    ];

    private static string Name(Scale scale) => scale.ToString().ToLowerInvariant();
}
