using System.Diagnostics;
using MathNet.Numerics.Statistics;
using Presage.Norms;
using Presage.Runs.Checkpoints;

namespace Presage.Cli.Studies;

/// <summary>Opens saved networks, puts their examples together again, measures each and compares them.</summary>
internal sealed class NormsStudy : IDisposable
{
    private const int FewestCorrelated = 3;

    private readonly NormsOptions _options;
    private readonly List<Checkpoint> _checkpoints = [];
    private readonly Dictionary<AskedExamples, DiagnoseData> _data = [];
    private readonly Stopwatch _running = Stopwatch.StartNew();

    /// <exception cref="BadInputException">A checkpoint is not there, or no option fits it.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public NormsStudy(NormsOptions options)
    {
        _options = options;
        _ = NormChoice.Of(options.Norm);
        try
        {
            foreach (string path in options.Checkpoints)
            {
                _checkpoints.Add(Checkpoint.Open(path));
            }

            RequireAnswers();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Loads the examples of all networks, each set once.</summary>
    public async Task LoadAsync(IProgress<string> progress, CancellationToken cancellation)
    {
        foreach (Checkpoint checkpoint in _checkpoints.DistinctBy(ExamplesOf))
        {
            AskedExamples asked = ExamplesOf(checkpoint);
            if (_options.Data is null && Directory.Exists(asked.Options.Data))
            {
                progress.Report($"{checkpoint.File.Name} says that its network was trained on the images in {asked.Options.Data}");
            }

            try
            {
                _data[asked] = await DiagnoseData.LoadAsync(asked.Options, progress, cancellation, checkpoint.Selection?.Standardization);
            }
            catch (BadInputException exception) when (checkpoint.Selection is { } claimed && _options is { Data: null, Train: null, Test: null })
            {
                // What the file claims is not what the user asked for.
                throw new BadInputException(
                    FormattableString.Invariant($"{checkpoint.File.Name} says that its network was trained on {claimed.Train:N0} and tested on {claimed.Test:N0} examples of {claimed.Data}: {exception.Message}"),
                    exception);
            }
        }
    }

    /// <summary>Measures the networks, one after another.</summary>
    /// <param name="onProgress">Hears the share that is done.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="NumericalException">A weight or output is not finite.</exception>
    public NormsReport Measure(Action<double> onProgress, CancellationToken cancellation)
    {
        var networks = new List<NetworkReport>();
        foreach (Checkpoint checkpoint in _checkpoints)
        {
            cancellation.ThrowIfCancellationRequested();
            int done = networks.Count;
            networks.Add(SavedNetworkMeasure.Of(checkpoint, _options, _data[ExamplesOf(checkpoint)], share => onProgress((done + share) / _checkpoints.Count), cancellation));
        }

        Distinguish(networks);
        return new NormsReport(NormChoice.Of(_options.Norm).Name, _options.Scale, networks, networks.Count > 1 ? Rank(networks) : null, _running.Elapsed.TotalSeconds);
    }

    public void Dispose() => _checkpoints.ForEach(checkpoint => checkpoint.Dispose());

    private void RequireAnswers()
    {
        if (_checkpoints.Find(checkpoint => checkpoint.Spec is null && _options.Model is null) is { } unnamed)
        {
            // Says what is missing before any data are fetched.
            throw new BadInputException($"{unnamed.File.Name} does not say which network it holds: give --model, one of {string.Join(", ", Models.NetworkSpec.Names)}.");
        }

        if (_checkpoints.Find(checkpoint => checkpoint.Selection is null && _options.Data is null) is { } homeless)
        {
            throw new BadInputException($"{homeless.File.Name} does not say which data its network is for: give --data.");
        }
    }

    private AskedExamples ExamplesOf(Checkpoint checkpoint)
    {
        DiagnoseOptions own = checkpoint.Selection?.Options ?? new DiagnoseOptions();
        return new AskedExamples(
            own with { Data = _options.Data ?? own.Data, Train = _options.Train ?? own.Train, Test = _options.Test ?? own.Test, Seed = _options.Seed ?? own.Seed },
            string.Join(' ', (checkpoint.Selection?.Standardization ?? []).Select(moments => FormattableString.Invariant($"{moments.Mean:R} {moments.Deviation:R}"))));
    }

    // Of files that are called alike, the path tells; a file given twice gets a number.
    private static void Distinguish(List<NetworkReport> networks)
    {
        foreach (IGrouping<string, NetworkReport> alike in networks.GroupBy(network => network.Name, StringComparer.Ordinal).Where(group => group.Count() > 1).ToList())
        {
            foreach (NetworkReport network in alike)
            {
                int place = networks.FindIndex(each => ReferenceEquals(each, network));
                int before = networks[..place].Count(each => string.Equals(each.File, network.File, StringComparison.Ordinal));
                networks[place] = network with { Name = before == 0 ? network.File : FormattableString.Invariant($"{network.File} ({before + 1})") };
            }
        }
    }

    private static NormsRanking Rank(List<NetworkReport> networks)
    {
        string? reason = Unlike(networks);
        if (reason is not null)
        {
            return new NormsRanking([], null, reason);
        }

        var scope = ProductNormScope.Of([.. networks.Select(network => new NetworkShapes(network.Name, [.. network.Layers.Select(layer => layer.Norms.Shape)]))]);
        if (!scope.MayRank)
        {
            return new NormsRanking([], null, scope.Reason);
        }

        double[] losses = [.. networks.Select(network => network.Train.NormalizedLoss!.Excess)];
        double[] errors = [.. networks.Select(network => network.Test.Error!.Value)];
        int[] order = [.. Enumerable.Range(0, networks.Count).OrderBy(n => losses[n])];
        double? spearman = networks.Count >= FewestCorrelated && losses.Distinct().Skip(1).Any() && errors.Distinct().Skip(1).Any() ? Correlation.Spearman(losses, errors) : null;
        bool same = networks.TrueForAll(network => string.Equals(network.Source.TestDigest, networks[0].Source.TestDigest, StringComparison.Ordinal));
        return new NormsRanking(order, spearman, scope.Reason + (same ? "" : " Their test errors are of different samples of the test set."));
    }

    private static string? Unlike(List<NetworkReport> networks) =>
        networks.Find(network => network.Normalized is null) is { } refused ? $"'{refused.Name}' could not be normalized, so that its loss cannot stand beside the others'."
        : networks.Find(network => network.Source.IsTrainingSet is false) is { } elsewhere
            ? $"'{elsewhere.Name}' was judged on other examples than it was trained on: what predicts the test error is the normalized loss on the training set."
        : networks.Exists(network => network.Train.NormalizedLoss is null) ? "Networks for regression have no normalized loss."
        : networks.Find(network => !string.Equals(network.Source.Data, networks[0].Source.Data, StringComparison.Ordinal)) is { } other
            ? $"'{networks[0].Name}' was judged on {networks[0].Source.Data} and '{other.Name}' on {other.Source.Data}: networks for different data are not ranked."
        : networks.Find(network => !string.Equals(network.Model, networks[0].Model, StringComparison.Ordinal)) is { } kind
            ? ProductNormScope.Of([.. networks.Select(network => new NetworkShapes(network.Name, [.. network.Layers.Select(layer => layer.Norms.Shape)]))]) is { MayRank: false } scope
                ? scope.Reason
                : $"'{networks[0].Name}' is a {networks[0].Model} and '{kind.Name}' a {kind.Model}: networks of different kinds are not ranked."
        : null;

    /// <summary>Examples, told from others.</summary>
    /// <param name="Options">Which they are.</param>
    /// <param name="Moments">What they are standardized by, as text; empty for their own.</param>
    private sealed record AskedExamples(DiagnoseOptions Options, string Moments);
}
