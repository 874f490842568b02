using Presage.Cli;
using Presage.Cli.Reproductions;
using Xunit;

namespace Presage.Tests;

/// <summary>Settings measured in processes of their own; the cheapest setting of a real reproduction stands for all.</summary>
public sealed class WorkersTests : IDisposable
{
    private static readonly Setting Cheapest = Catalogue.Find("gsnr-fig8").Settings(Scale.Quick).MinBy(setting => setting.Cost)!;

    private readonly TestFolder _test = new();

    private string Out => Path.Combine(_test.Path, "out");

    private string[] Arguments => ["reproduce", "gsnr-fig8", "--scale", "quick", "--seed", "1", "--out", Out, Workers.Option];

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task A_worker_gives_the_numbers_that_this_process_gives()
    {
        Directory.CreateDirectory(Path.Combine(Out, "settings"));
        var kept = new List<string>();
        var shares = new List<double>();
        await new Workers(Arguments, [Cheapest]).RunAsync(
            (_, share) => shares.Add(share), (name, _) => kept.Add(name), TestContext.Current.CancellationToken);
        Assert.Equal([Cheapest.Name], kept);
        Assert.NotEmpty(shares);
        Assert.Equal(shares.Order(), shares);
        string here = Cheapest.Measure(new SettingWork(1, null, _ => { }, TestContext.Current.CancellationToken));
        Assert.Contains(here, await File.ReadAllTextAsync(Path.Combine(Out, "settings", Cheapest.Name + ".json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_ends_before_its_time_is_a_failure()
    {
        string message = (await Assert.ThrowsAsync<WorkerLostException>(
            () => new Workers(["reproduce", "none", Workers.Option], [Cheapest]).RunAsync((_, _) => { }, (_, _) => { }, TestContext.Current.CancellationToken))).Message;
        Assert.Equal($"The process that measured {Cheapest.Name} ended with code 2.", message);
    }

    [Fact]
    public async Task Workers_that_are_stopped_keep_nothing_half_done()
    {
        Directory.CreateDirectory(Path.Combine(Out, "settings"));
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new Workers(Arguments, [Cheapest]).RunAsync((_, _) => stop.Cancel(), (_, _) => { }, stop.Token));
        Assert.Empty(Directory.GetFiles(Path.Combine(Out, "settings")));
    }
}
