using System.Text.Json;
using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;

namespace Presage.Tests;

/// <summary>A reproduction without a document: settings s0, s1, … give a number each, and the one claim is that their sum is at least 0.</summary>
/// <param name="settings">Number of settings.</param>
/// <param name="measure">Gives a setting's number.</param>
/// <param name="images">Whether it has a data set, in whose place others may be taken.</param>
internal sealed class MadeUpReproduction(int settings, Func<int, SettingWork, double> measure, bool images = false) : Reproduction<int, double>
{
    public override string? DataSet => images ? "cifar10" : null;

    public override bool TakesOtherData => images;

    public override (int Train, int Test) LeastImages(Scale scale) => (10, 2);

    public override (double? Quick, double? Standard) Minutes => (0, 0);

    public override string Id => "made-up";

    public override string Document => "999 (Nobody, Nothing)";

    public override string Figure => "Figure 1";

    public override string Shows => "numbers";

    public override string Sizes(Scale scale) => $"{settings} settings";

    public override IReadOnlyList<string> Differs(Scale scale) => ["Everything."];

    protected override IReadOnlyList<int> Grid(Scale scale) => [.. Enumerable.Range(0, settings)];

    protected override string NameOf(int setting) => $"s{setting}";

    protected override double CostOf(int setting) => settings - setting;

    protected override double Measure(int setting, SettingWork work) => measure(setting, work);

    protected override Outcome Judge(Scale scale, IReadOnlyList<(int Setting, double Result)> results) => new(
        [new Claim("sum", "the sum is not negative", results.Sum(each => each.Result), "at least 0", results.Sum(each => each.Result) >= 0, $"{settings} settings")],
        [ReproductionSamples.Panel("numbers", results.Select(each => each.Result))],
        [new ResultTable("Numbers", ["setting", "number"], [.. results.Select(each => (IReadOnlyList<string>)[$"s{each.Setting}", $"{each.Result}"])])]);
}

/// <summary>Hears everything.</summary>
internal sealed class RecordingObserver : IReproductionObserver
{
    public List<string> Settings { get; } = [];

    public List<double> Shares { get; } = [];

    public (int Settings, int Kept)? Start { get; private set; }

    public void Report(string value)
    {
    }

    public void OnStart(int settings, int kept) => Start = (settings, kept);

    public void OnProgress(double share) => Shares.Add(share);

    public void OnSetting(string name, double seconds, int done, int settings) => Settings.Add(name);
}

internal static class ReproductionSamples
{
    public static Panel Panel(string title, IEnumerable<double> values)
    {
        double[] numbers = [.. values];
        return new Panel(title, "place", "number", "basis", "what to see", [new Curve("numbers", CurveKind.Points, [.. numbers.Select((_, i) => (double)i)], [.. numbers.Select(v => (double?)v)])]);
    }

    public static ReproductionDocument Document(string id = "made-up", string scale = "quick", int seed = 1, params Claim[] claims) => new(
        ReproductionDocument.CurrentSchema,
        id,
        "999 (Nobody, Nothing)",
        "Figure 1",
        "numbers",
        scale,
        seed,
        ["Everything."],
        claims,
        1.5,
        ["out/report.html"],
        [Panel("First", [1, 2]), Panel("Second", [3])],
        [new ResultTable("Numbers", ["a", "b"], [["1", "2"]])]);

    public static Claim Claim(double? measured, bool holds = true) => new("c", "something is so", measured, "above 0", holds, "1 setting");

    public static StoreHeader Header { get; } = new("made-up", Scale.Quick, 1, 1, "2 settings");

    public static string[] Names(JsonElement element) => [.. element.EnumerateObject().Select(each => each.Name)];
}
