using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Presage.Data;
using Presage.Runs;
using Presage.Runs.Reproductions;
using TorchSharp;

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

/// <summary>
/// Runs a reproduction: measures the settings that its folder does not have yet, one a core, each in a thread of its own with libtorch on that thread
/// alone (so that a setting's numbers do not depend on what runs beside it), keeps each as it is done, and judges them all.
/// </summary>
internal sealed class ReproductionRun(Reproduction reproduction, Scale scale, int seed, string folder, IReproductionObserver observer)
{
    public const string PageFile = "report.html";
    public const string DocumentFile = "result.json";

    private readonly Lock _sync = new();

    /// <summary>Runs to the end; what is measured on the way is kept whatever happens.</summary>
    /// <exception cref="BadInputException">The folder is another's.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    /// <exception cref="NumericalException">A loss or gradient is not finite.</exception>
    public async Task<ReproductionDocument> RunAsync(CancellationToken cancellation)
    {
        using ResultStore store = ResultStore.Open(folder, new StoreHeader(reproduction.Id, scale, seed, reproduction.Revision, reproduction.Sizes(scale)));
        IReadOnlyList<Setting> settings = reproduction.Settings(scale);
        List<Setting> missing = [.. settings.Where(setting => store.Find(setting.Name) is null)];
        ImageData? data = missing.Count > 0 && reproduction.DataSet is { } name
            ? await KnownData.LoadAsync(name, DataCache.FromEnvironment(), observer, cancellation)
            : null;
        observer.OnStart(settings.Count, settings.Count - missing.Count);
        if (missing.Count > 0)
        {
            MeasureAll(store, missing, settings.Count, data, cancellation);
        }

        return Judge(store, settings);
    }

    // The costliest first, so that no core is left with a long one at the end.
    private void MeasureAll(ResultStore store, List<Setting> missing, int settings, ImageData? data, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var queue = new Queue<Setting>(missing.OrderByDescending(setting => setting.Cost));
        var shares = missing.ToDictionary(setting => setting.Name, _ => 0.0, StringComparer.Ordinal);
        double total = missing.Sum(setting => setting.Cost);
        int done = settings - missing.Count;
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, missing.Count)).Select(_ => new Thread(Work))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        if (failure is not null)
        {
            cancellation.ThrowIfCancellationRequested();
            ExceptionDispatchInfo.Throw(failure);
        }

        void Work()
        {
            torch.set_num_threads(1);
            while (Next() is { } setting)
            {
                try
                {
                    MeasureOne(setting);
                }
#pragma warning disable CA1031 // Whatever it is, the thread that waits throws it on.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    lock (_sync)
                    {
                        failure ??= exception;
                    }

                    stop.Cancel();
                }
            }
        }

        Setting? Next()
        {
            lock (_sync)
            {
                return failure is null && queue.TryDequeue(out Setting? setting) ? setting : null;
            }
        }

        void MeasureOne(Setting setting)
        {
            var time = Stopwatch.StartNew();
            string result;
            try
            {
                result = setting.Measure(new SettingWork(scale, seed, data, share => OnShare(setting, share), stop.Token));
            }
            catch (NumericalException exception)
            {
                throw new NumericalException($"{setting.Name}: {exception.Message}", exception);
            }

            lock (_sync)
            {
                store.Keep(setting.Name, time.Elapsed.TotalSeconds, result);
                observer.OnSetting(setting.Name, time.Elapsed.TotalSeconds, ++done, settings);
            }

            OnShare(setting, 1);
        }

        void OnShare(Setting setting, double share)
        {
            lock (_sync)
            {
                shares[setting.Name] = share;
                observer.OnProgress(missing.Sum(each => each.Cost * shares[each.Name]) / total);
            }
        }
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
            scale.ToString().ToLower(CultureInfo.InvariantCulture),
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
}
