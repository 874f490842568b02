using System.Text.Json;
using Presage.Cli;
using Presage.Cli.Reproductions;
using Presage.Runs.Reproductions;
using Xunit;

namespace Presage.Tests;

public sealed class ReproductionRunTests : IDisposable
{
    private readonly TestFolder _test = new();
    private readonly RecordingObserver _observer = new();

    private string Out => Path.Combine(_test.Path, "out");

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task Settings_stand_in_the_document_s_order_whatever_the_order_they_finish_in()
    {
        var made = new MadeUpReproduction(5, (i, _) => 10 * i);
        SettingLoop loop = Loop(made);
        MeasureSettings backwards = (settings, onProgress, onKept, cancellation) => loop.MeasureAsync([.. settings.Reverse()], onProgress, onKept, cancellation);
        ReproductionDocument document = await new ReproductionRun(made, Scale.Quick, 1, Out, _observer, backwards).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["0", "10", "20", "30", "40"], document.Tables[0].Rows.Select(row => row[1]));
        Assert.Equal((5, 0), _observer.Start);
        Assert.Equal(["s4", "s3", "s2", "s1", "s0"], _observer.Settings);
        Assert.Equal(_observer.Shares.Order(), _observer.Shares);
        Assert.Equal(1, _observer.Shares[^1], 12);
    }

    [Fact]
    public async Task The_document_lies_in_the_folder_as_it_is_returned_and_its_artifacts_exist()
    {
        ReproductionDocument document = await Run(new MadeUpReproduction(2, (i, _) => i));
        Assert.Equal(document.ToJson(), await File.ReadAllTextAsync(Path.Combine(Out, ReproductionRun.DocumentFile), TestContext.Current.CancellationToken));
        Assert.Equal(
            [Path.Combine(Out, "report.html"), Path.Combine(Out, "result.json"), Path.Combine(Out, "settings", "s0.json"), Path.Combine(Out, "settings", "s1.json")],
            document.Artifacts);
        Assert.All(document.Artifacts, artifact => Assert.True(File.Exists(artifact), artifact));
    }

    [Fact]
    public async Task A_failing_setting_is_named_and_the_finished_ones_are_kept()
    {
        var failing = new MadeUpReproduction(4, (i, work) => i switch
        {
            2 => throw new NumericalException("The loss is NaN."),
            3 => Waits(work),
            _ => i,
        });
        Assert.Equal("s2: The loss is NaN.", (await Assert.ThrowsAsync<NumericalException>(() => Run(failing))).Message);
        Assert.Equal(["s0.json", "s1.json"], Kept());
    }

    [Fact]
    public async Task A_number_that_is_not_finite_is_a_failure_of_its_setting()
    {
        string message = (await Assert.ThrowsAsync<NumericalException>(() => Run(new MadeUpReproduction(1, (_, _) => double.NaN)))).Message;
        Assert.Equal("s0: A measured number is not finite.", message);
        Assert.Empty(Kept());
    }

    [Fact]
    public async Task Stopped_and_resumed_equals_never_stopped()
    {
        using var stop = new CancellationTokenSource();
        var stopped = new MadeUpReproduction(4, (i, work) =>
        {
            if (i == 2)
            {
                stop.Cancel();
            }

            return i < 2 ? Value(i) : Waits(work);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ReproductionRun(stopped, Scale.Quick, 1, Out, _observer, Loop(stopped).MeasureAsync).RunAsync(stop.Token));
        Assert.Equal(["s0.json", "s1.json"], Kept());

        var measured = new List<int>();
        ReproductionDocument resumed = await Run(Recording());
        Assert.Equal([2, 3], measured);
        Assert.Equal((4, 2), _observer.Start);

        Directory.Move(Out, Out + "-resumed");
        Assert.Equal(WithoutSeconds(await Run(Recording())), WithoutSeconds(resumed));

        MadeUpReproduction Recording() => new(4, (i, _) =>
        {
            measured.Add(i);
            return Value(i);
        });

        static double Value(int i) => Math.Sqrt(i);
        static string WithoutSeconds(ReproductionDocument document) => (document with { Seconds = 0 }).ToJson();
    }

    [Fact]
    public async Task With_all_settings_there_nothing_is_measured_again()
    {
        ReproductionDocument first = await Run(new MadeUpReproduction(3, (i, _) => i));
        ReproductionDocument again = await Run(new MadeUpReproduction(3, (_, _) => throw new InvalidOperationException("measured again")));
        Assert.Equal(first.ToJson(), again.ToJson());
        Assert.Equal((3, 3), _observer.Start);
    }

    [Fact]
    public async Task A_result_of_another_shape_is_named_as_damaged()
    {
        await Run(new MadeUpReproduction(2, (i, _) => i));
        await File.WriteAllTextAsync(Path.Combine(Out, "settings", "s1.json"), """{"seconds":1,"result":{}}""", TestContext.Current.CancellationToken);
        string message = (await Assert.ThrowsAsync<InvalidDataException>(() => Run(new MadeUpReproduction(2, (i, _) => i)))).Message;
        Assert.Contains("is damaged (s1: ", message, StringComparison.Ordinal);
        Assert.EndsWith("delete its file to have it measured again.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_images_takes_the_place_of_the_data_set_and_is_never_mixed_with_another()
    {
        string images = Path.Combine(_test.Path, "birds");
        PictureSamples.WriteFolder(images, 20, 2, 8);
        var counting = new MadeUpReproduction(2, (_, work) => work.Data!.Train.Count + work.Data.Test.Count + work.Data.Train.Height, images: true);
        ReproductionDocument document = await RunOn(images);
        Assert.Equal(["52", "52"], document.Tables[0].Rows.Select(row => row[1]));
        Assert.Matches(@"^Run on birds \(20 files, [0-9a-f]{8}\) in place of cifar10, by --data: ", document.DiffersFromDocument[^2]);
        Assert.EndsWith("scaled to 32x32.", document.DiffersFromDocument[^1], StringComparison.Ordinal);
        Assert.Equal(document.ToJson(), (await RunOn(images)).ToJson());

        string others = Path.Combine(_test.Path, "fish");
        PictureSamples.WriteFolder(others, 20, 2, 8);
        Assert.Contains("on the data birds (20 files", (await Assert.ThrowsAsync<BadInputException>(() => RunOn(others))).Message, StringComparison.Ordinal);
        Assert.Contains("but the reproduction's own data is asked for", (await Assert.ThrowsAsync<BadInputException>(() => RunOn(null))).Message, StringComparison.Ordinal);
        await File.AppendAllTextAsync(Path.Combine(images, "class0", "000.png"), "more", TestContext.Current.CancellationToken);
        Assert.Contains("is asked for", (await Assert.ThrowsAsync<BadInputException>(() => RunOn(images))).Message, StringComparison.Ordinal);

        Task<ReproductionDocument> RunOn(string? data) => new ReproductionRun(
            counting, Scale.Quick, 1, Out, _observer, new SettingLoop(counting.Settings(Scale.Quick), counting.ImagesAt(Scale.Quick, data), 1, Out).MeasureAsync, data).RunAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Data_that_a_reproduction_cannot_be_run_on_are_refused()
    {
        string images = Path.Combine(_test.Path, "birds");
        PictureSamples.WriteFolder(images, 8, 2, 8);
        Assert.Equal(
            $"made-up at quick takes at least 10 training and 2 test images, but '{images}' has 6 and 2.",
            (await Assert.ThrowsAsync<BadInputException>(() => RunOn(new MadeUpReproduction(1, (_, _) => 1, images: true)))).Message);
        Assert.Equal(
            "made-up is run on data that it makes itself alone, and takes no --data.",
            (await Assert.ThrowsAsync<BadInputException>(() => RunOn(new MadeUpReproduction(1, (_, _) => 1)))).Message);
        Assert.Empty(Kept());

        Task<ReproductionDocument> RunOn(Reproduction reproduction) =>
            new ReproductionRun(reproduction, Scale.Quick, 1, Out, _observer, data: images).RunAsync(TestContext.Current.CancellationToken);
    }

    private Task<ReproductionDocument> Run(Reproduction reproduction) =>
        new ReproductionRun(reproduction, Scale.Quick, 1, Out, _observer, Loop(reproduction).MeasureAsync).RunAsync(TestContext.Current.CancellationToken);

    private SettingLoop Loop(Reproduction reproduction) => new(reproduction.Settings(Scale.Quick), reproduction.ImagesAt(Scale.Quick, null), 1, Out);

    private static double Waits(SettingWork work)
    {
        work.Cancellation.WaitHandle.WaitOne(TimeSpan.FromSeconds(30));
        work.Cancellation.ThrowIfCancellationRequested();
        return 0;
    }

    private string[] Kept() => [.. Directory.GetFiles(Path.Combine(Out, "settings")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
}
