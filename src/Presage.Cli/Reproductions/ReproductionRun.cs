using System.Globalization;
using System.Text.Json;
using Presage.Data;
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
internal sealed class ReproductionRun(
    Reproduction reproduction, Scale scale, int seed, string folder, IReproductionObserver observer, MeasureSettings? measure = null)
{
    public const string PageFile = "report.html";
    public const string DocumentFile = "result.json";

    /// <summary>Runs to the end; what is measured on the way is kept whatever happens.</summary>
    /// <exception cref="BadInputException">The folder is another's.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public async Task<ReproductionDocument> RunAsync(CancellationToken cancellation)
    {
        using ResultStore store = ResultStore.Open(folder, new StoreHeader(reproduction.Id, scale, seed, reproduction.Revision, reproduction.Sizes(scale)));
        IReadOnlyList<Setting> settings = reproduction.Settings(scale);
        List<Setting> missing = [.. settings.Where(setting => store.Find(setting.Name) is null)];
        foreach (string name in missing.Select(setting => setting.DataSet).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            await KnownData.LoadAsync(name, DataCache.FromEnvironment(), observer, cancellation);
        }

        observer.OnStart(settings.Count, settings.Count - missing.Count);
        if (missing.Count > 0)
        {
            await MeasureAsync(missing, settings.Count, cancellation);
        }

        return Judge(store, settings);
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
        ];
        return new Workers(arguments, missing).RunAsync(onShare, onKept, cancellation);
    }

    private ReproductionDocument Judge(ResultStore store, IReadOnlyList<Setting> settings)
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
            reproduction.Differs(scale),
            outcome.Claims,
            Math.Round(kept.Sum(each => each.Seconds), 1),
            [page, file, .. settings.Select(setting => store.PathOf(setting.Name))],
            outcome.Panels,
            outcome.Tables);
        WholeFile.Write(file, document.ToJson());
        WholeFile.Write(page, ReproductionPage.Render(document));
        return document;
    }

    private static string Name(Scale scale) => scale.ToString().ToLowerInvariant();
}
