using Presage.Cli.Reproductions;
using Xunit;

namespace Presage.Tests;

public sealed class SharedSettingTests : IDisposable
{
    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task What_one_reproduction_has_measured_no_other_measures_again_and_another_seed_does()
    {
        var first = new Sharing("a", 1);
        var second = new Sharing("b", 2);
        await Loop(first, 1, "first").MeasureAsync("s", _ => { }, TestContext.Current.CancellationToken);
        await Loop(second, 1, "second").MeasureAsync("s", _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal((1, 0), (first.Measured, second.Measured));
        Assert.Equal(Settings("first"), Settings("second"));
        await Loop(second, 2, "third").MeasureAsync("s", _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(1, second.Measured);
    }

    [Fact]
    public async Task A_measurement_that_is_stopped_leaves_nothing_to_share()
    {
        using var stop = new CancellationTokenSource();
        var stopped = new Sharing("a", 1, stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Loop(stopped, 1, "first").MeasureAsync("s", _ => { }, stop.Token));
        Assert.False(Directory.Exists(Path.Combine(_test.Path, "shared")));
        Assert.False(Directory.Exists(Path.Combine(_test.Path, "first", "settings")) && Directory.GetFiles(Path.Combine(_test.Path, "first", "settings")).Length > 0);
    }

    [Fact]
    public async Task A_measurement_that_cannot_be_shared_is_kept_all_the_same()
    {
        await File.WriteAllTextAsync(Path.Combine(_test.Path, "shared"), "a file where the folder should be", TestContext.Current.CancellationToken);
        await Loop(new Sharing("a", 1), 1, "first").MeasureAsync("s", _ => { }, TestContext.Current.CancellationToken);
        Assert.NotEmpty(Settings("first"));
    }

    private string Settings(string folder) => File.ReadAllText(Path.Combine(_test.Path, folder, "settings", "s.json"));

    private SettingLoop Loop(Reproduction reproduction, int seed, string folder)
    {
        Directory.CreateDirectory(Path.Combine(_test.Path, folder, "settings"));
        return new SettingLoop(reproduction.Settings(Scale.Quick), reproduction.ImagesAt(Scale.Quick, null), seed, Path.Combine(_test.Path, folder), shared: new SharedResults(Path.Combine(_test.Path, "shared")));
    }

    private sealed class Sharing(string id, double value, CancellationTokenSource? stop = null) : Reproduction<string, double>
    {
        public int Measured { get; private set; }

        public override string Id => id;

        public override string Document => "999 (Nobody, Nothing)";

        public override string Figure => "Figure 1";

        public override string Shows => "numbers";

        public override (double? Quick, double? Standard) Minutes => (0, 0);

        public override string Sizes(Scale scale) => "1 setting";

        public override IReadOnlyList<string> Differs(Scale scale) => [];

        protected override IReadOnlyList<string> Grid(Scale scale) => ["s"];

        protected override string NameOf(string setting) => setting;

        protected override string? SharedKeyOf(string setting) => "one network";

        protected override double Measure(string setting, SettingWork work)
        {
            Measured++;
            stop?.Cancel();
            work.Cancellation.ThrowIfCancellationRequested();
            return value;
        }

        protected override Outcome Judge(Scale scale, IReadOnlyList<(string Setting, double Result)> results) => new([], [], []);
    }
}
