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
    private readonly Dictionary<DiagnoseOptions, DiagnoseData> _data = [];
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
        foreach (DiagnoseOptions asked in _checkpoints.Select(ExamplesOf).Distinct())
        {
            _data[asked] = await DiagnoseData.LoadAsync(asked, progress, cancellation);
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

    private DiagnoseOptions ExamplesOf(Checkpoint checkpoint)
    {
        DiagnoseOptions own = checkpoint.Selection?.Options ?? new DiagnoseOptions();
        return own with { Data = _options.Data ?? own.Data, Train = _options.Train ?? own.Train, Test = _options.Test ?? own.Test, Seed = _options.Seed ?? own.Seed };
    }

    // Of files that are called alike, the path tells.
    private static void Distinguish(List<NetworkReport> networks)
    {
        foreach (IGrouping<string, NetworkReport> alike in networks.GroupBy(network => network.Name, StringComparer.Ordinal).Where(group => group.Count() > 1).ToList())
        {
            foreach (NetworkReport network in alike)
            {
                networks[networks.IndexOf(network)] = network with { Name = network.File };
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
        : networks.Exists(network => network.Train.NormalizedLoss is null) ? "Networks for regression have no normalized loss."
        : networks.Find(network => !string.Equals(network.Source.Data, networks[0].Source.Data, StringComparison.Ordinal)) is { } other
            ? $"'{networks[0].Name}' was judged on {networks[0].Source.Data} and '{other.Name}' on {other.Source.Data}: networks for different data are not ranked."
        : networks.Find(network => !string.Equals(network.Model, networks[0].Model, StringComparison.Ordinal)) is { } kind
            ? ProductNormScope.Of([.. networks.Select(network => new NetworkShapes(network.Name, [.. network.Layers.Select(layer => layer.Norms.Shape)]))]) is { MayRank: false } scope
                ? scope.Reason
                : $"'{networks[0].Name}' is a {networks[0].Model} and '{kind.Name}' a {kind.Model}: networks of different kinds are not ranked."
        : null;
}
