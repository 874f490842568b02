using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Cli.Studies;
using Presage.Runs;

namespace Presage.Cli.Zoos;

/// <summary>A family that has been trained.</summary>
/// <param name="Folder">Folder of its results.</param>
/// <param name="Rows">Every network with what was measured, in the family's order.</param>
/// <param name="Seconds">What training and measuring took, over all processes.</param>
internal sealed record ZooReport(string Folder, IReadOnlyList<(ZooNetwork Network, ZooRow Row)> Rows, double Seconds);

/// <summary>Trains a family, each network in a process of its own core; what is finished is kept, and its table written anew.</summary>
/// <param name="grid">The family.</param>
/// <param name="data">Name or folder of the images.</param>
/// <param name="folder">Folder of the results.</param>
internal sealed class ZooRun(ZooGrid grid, string data, string folder)
{
    // Raised whenever networks kept by an older program are not what this one would measure.
    private const int Revision = 1;

    // Which images of a folder are chosen is not part of the family.
    private const int ImageSeed = 1;

    private readonly IReadOnlyList<ZooNetwork> _networks = grid.Networks();

    private StoreHeader Header => new("zoo", null, ImageSeed, Revision, grid.ToString(), ImageSource.IdentityOf(data));

    private IReadOnlyList<Setting> Settings =>
    [
        .. _networks.Select(network => new Setting(
            network.Name, network.Cost, work => JsonSerializer.Serialize(ZooTraining.Run(grid, network, work), Reproduction.Json), _ => true, data)),
    ];

    /// <summary>What a worker measures.</summary>
    public SettingLoop Loop => new(Settings, new SettingImages(null, ImageSource.Side, Most), ImageSeed, folder);

    private ImageCounts Most => new(grid.TrainSize.Max(), grid.TestSize);

    /// <summary>Trains the networks that the folder does not have yet.</summary>
    /// <param name="resume">Whether the folder may hold some already.</param>
    /// <param name="observer">Hears how it goes on.</param>
    /// <param name="arguments">Of this program as a worker.</param>
    /// <param name="cancellation">Stops it; finished networks are kept.</param>
    /// <exception cref="BadInputException">The folder is another's, or the images do not suffice.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public async Task<ZooReport> RunAsync(bool resume, IReproductionObserver observer, string[] arguments, CancellationToken cancellation)
    {
        if (!resume && ResultStore.HasResults(folder))
        {
            throw new BadInputException($"The folder '{folder}' holds networks already: --resume goes on with them, or give another --out.");
        }

        ZooGridFile.Require(grid, await ImageSource.LoadAsync(data, ImageSource.Side, Most, ImageSeed, observer, cancellation));
        using ResultStore store = ResultStore.Open(folder, Header);
        Setting[] missing = [.. Settings.Where(setting => store.Find(setting.Name) is null)];
        observer.OnStart(_networks.Count, _networks.Count - missing.Length);
        WriteTable(store);
        if (missing.Length > 0)
        {
            var shares = missing.ToDictionary(setting => setting.Name, _ => 0.0, StringComparer.Ordinal);
            double total = missing.Sum(setting => setting.Cost);
            int done = _networks.Count - missing.Length;
            await new Workers(arguments, missing).RunAsync(OnShare, OnKept, cancellation);

            void OnShare(string name, double share)
            {
                shares[name] = share;
                observer.OnProgress(missing.Sum(setting => setting.Cost * shares[setting.Name]) / total);
            }

            void OnKept(string name, double seconds)
            {
                WriteTable(store);
                observer.OnSetting(name, seconds, ++done, _networks.Count);
                OnShare(name, 1);
            }
        }

        return new ZooReport(folder, Finished(store), _networks.Sum(network => store.Find(network.Name)!.Seconds));
    }

    private void WriteTable(ResultStore store) => WholeFile.Write(Path.Combine(folder, ZooTable.FileName), ZooTable.Of(grid, ImageSource.IdentityOf(data), Finished(store)));

    private List<(ZooNetwork Network, ZooRow Row)> Finished(ResultStore store) =>
    [
        .. _networks
            .Select(network => (Network: network, Kept: store.Find(network.Name)))
            .Where(each => each.Kept is not null)
            .Select(each => (each.Network, Row(each.Network, each.Kept!))),
    ];

    private ZooRow Row(ZooNetwork network, KeptSetting kept)
    {
        try
        {
            return kept.Result.Deserialize<ZooRow>(Reproduction.Json) ?? throw new JsonException("it holds nothing");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"The result of {network.Name} under '{folder}' is damaged ({exception.Message}): delete its file to have it measured again.", exception);
        }
    }
}
