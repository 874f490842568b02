using CsCheck;
using Microsoft.Data.Sqlite;
using Presage.Measures;
using Presage.Runs;
using Xunit;

namespace Presage.Tests;

public sealed class RunFileTests : IDisposable
{
    private readonly string folder = Path.Combine(Directory.CreateTempSubdirectory("presage-test-").FullName, "run");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);

    [Fact]
    public void Runs_started_at_once_get_folders_of_their_own()
    {
        using var runs = new TestFolder();
        var files = new RunFile[12];
        Parallel.For(0, files.Length, i => files[i] = RunFile.CreateUnder(runs.Path, "same", RunSamples.Setup));
        Assert.Equal(files.Length, files.Select(file => file.Folder).Distinct(StringComparer.Ordinal).Count());
        Assert.All(files, file => file.Dispose());
    }

    [Fact]
    public void What_is_read_is_what_was_written() => Gen.Select(RunSamples.Points, RunSamples.Points).Sample(
        (real, control) =>
        {
            string path = Path.Combine(folder, Guid.NewGuid().ToString());
            using (var file = RunFile.Create(path, RunSamples.Setup))
            {
                Append(file, "real", real);
                Append(file, "control", control);
            }

            var read = RunFile.Read(path);
            Assert.Equal(RunSamples.Setup, read.Setup);
            AssertSame(real, read.Series.FirstOrDefault(series => series.Name is "real")?.Points ?? []);
            AssertSame(control, read.Series.FirstOrDefault(series => series.Name is "control")?.Points ?? []);
        },
        iter: 30,
        threads: 1);

    [Theory]
    [InlineData(double.Epsilon)]
    [InlineData(double.MaxValue)]
    [InlineData(0.1)]
    [InlineData(-1.0 / 3)]
    [InlineData(-5e-324)]
    public void Every_bit_of_a_double_is_kept(double value)
    {
        using (var file = RunFile.Create(folder, RunSamples.Setup with { LearningRate = value }))
        {
            file.Append("real", Point(0) with { TrainLoss = value });
        }

        var read = RunFile.Read(folder);
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read.Series[0].Points[0].TrainLoss!.Value));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read.Setup.LearningRate!.Value));
    }

    [Fact]
    public void A_finished_run_keeps_its_end_and_is_one_file()
    {
        var before = DateTimeOffset.UtcNow;
        using (var file = RunFile.Create(folder, RunSamples.Setup))
        {
            file.Append("real", Point(0));
            file.Finish(RunStatus.Failed, "The loss is NaN.", new(VerdictState.NotLearning, ["One.", "Two."]), new(1.5, 0.5, 2.25));
            Assert.Equal(RunFile.FileName, Path.GetFileName(Assert.Single(Directory.GetFiles(folder))));
            Assert.Throws<InvalidOperationException>(() => file.Append("real", Point(1)));
        }

        var read = RunFile.Read(Path.Combine(folder, RunFile.FileName));
        Assert.Equal((RunStatus.Failed, "The loss is NaN.", new RunTiming(1.5, 0.5, 2.25)), (read.Status, read.StatusMessage, read.Timing));
        Assert.Equal(VerdictState.NotLearning, read.Verdict!.State);
        Assert.Equal(["One.", "Two."], read.Verdict.Evidence);
        Assert.Equal(folder, read.Folder);
        Assert.InRange(read.StartedUtc, before, DateTimeOffset.UtcNow);
    }

    [Fact]
    public void A_reader_at_work_neither_blocks_the_writer_nor_sees_it_half_done()
    {
        using var file = RunFile.Create(folder, RunSamples.Setup);
        for (int step = 0; step < 5; step++)
        {
            file.Append("real", Point(step));
            var read = RunFile.Read(folder);
            Assert.Equal((RunStatus.Unfinished, step + 1), (read.Status, read.Series[0].Points.Count));
        }
    }

    [Fact]
    public void A_folder_that_holds_anything_is_left_alone()
    {
        Directory.CreateDirectory(folder);
        RunFile.Create(folder, RunSamples.Setup).Dispose();
        byte[] run = File.ReadAllBytes(Path.Combine(folder, RunFile.FileName));
        Assert.Contains(folder, Assert.Throws<IOException>(() => RunFile.Create(folder, RunSamples.Setup)).Message, StringComparison.Ordinal);
        Assert.Equal(run, File.ReadAllBytes(Path.Combine(folder, RunFile.FileName)));

        string other = folder + "-other";
        Directory.CreateDirectory(other);
        File.WriteAllText(Path.Combine(other, "notes.txt"), "mine");
        Assert.Throws<IOException>(() => RunFile.Create(other, RunSamples.Setup));
        Assert.Throws<IOException>(() => RunFile.Create(Path.Combine(other, "notes.txt"), RunSamples.Setup));
        Assert.Single(Directory.GetFileSystemEntries(other));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        string file = Path.Combine(Path.GetDirectoryName(folder)!, "file");
        File.WriteAllText(file, string.Empty);
        string below = Path.Combine(file, "run");
        Assert.Contains(below, Assert.Throws<IOException>(() => RunFile.Create(below, RunSamples.Setup)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_that_is_refused_leaves_nothing()
    {
        using var file = RunFile.Create(folder, RunSamples.Setup);
        file.Append("real", Point(3));
        Assert.Throws<ArgumentException>(() => file.Append("real", Point(3)));
        Assert.Throws<ArgumentException>(() => file.Append("real", Point(4) with { TrainLoss = double.NaN }));
        Assert.Throws<ArgumentException>(() => file.Append("real", Point(4) with { Layers = [Point(0).Network] }));
        file.Append("control", Point(3));
        Assert.Equal([1, 1], RunFile.Read(folder).Series.Select(series => series.Points.Count));
    }

    [Fact]
    public void What_is_not_a_run_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => RunFile.Read(folder));
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, RunFile.FileName);
        Assert.Throws<InvalidDataException>(() => RunFile.Read(folder));
        File.WriteAllBytes(file, []);
        Assert.Throws<InvalidDataException>(() => RunFile.Read(folder));
        File.WriteAllText(file, new string('x', 5000));
        Assert.Throws<InvalidDataException>(() => RunFile.Read(folder));
    }

    [Theory]
    [InlineData("PRAGMA user_version = 2", "newer")]
    [InlineData("PRAGMA application_id = 1", "not a run file")]
    [InlineData("DELETE FROM run WHERE key = 'setup'", "damaged")]
    [InlineData("UPDATE run SET value = '{}' WHERE key = 'setup'", "damaged")]
    [InlineData("DELETE FROM measured WHERE measure = 'alpha'", "damaged")]
    [InlineData("DROP TABLE measured", "damaged")]
    public void A_run_file_of_another_kind_says_what_is_wrong(string change, string complaint)
    {
        using (var file = RunFile.Create(folder, RunSamples.Setup))
        {
            file.Append("real", Point(0));
        }

        Change(change);

        Assert.Contains(complaint, Assert.Throws<InvalidDataException>(() => RunFile.Read(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_measure_of_a_later_version_is_read_past()
    {
        using (var file = RunFile.Create(folder, RunSamples.Setup))
        {
            file.Append("real", Point(0));
        }

        Change("INSERT INTO measured VALUES ('real', 0, 'network', 'curvature', 3.5)");

        AssertSame([Point(0)], RunFile.Read(folder).Series[0].Points);
    }

    [Fact]
    public void A_run_file_of_before_noise_scale_and_intervals_is_read_without_them()
    {
        GradientMeasures known = Point(0).Network with { OsgrCi95 = new(0, 1), NoiseScale = 3, NoiseScaleCi95 = new(2, 4), Imputed = true, PairDotProduct = 5, DistanceBound = 6 };
        using (var file = RunFile.Create(folder, RunSamples.Setup))
        {
            file.Append("real", Point(0) with { Network = known });
        }

        Change("DELETE FROM measured WHERE measure LIKE 'noise_scale%' OR measure LIKE 'osgr_predicted_%' OR measure IN ('imputed', 'pair_dot_product', 'gradient_distance_bound')");
        GradientMeasures read = RunFile.Read(folder).Series[0].Points[0].Network;
        Assert.Equal(known with { OsgrCi95 = null, NoiseScale = null, NoiseScaleCi95 = null, Imputed = false, PairDotProduct = null, DistanceBound = null }, read);
    }

    [Fact]
    public void A_run_file_of_before_the_carry_over_is_read_without_it()
    {
        using (var file = RunFile.Create(folder, RunSamples.Setup))
        {
            file.Append("real", Point(0));
        }

        Assert.NotNull(RunFile.Read(folder).Series[0].Points[0].CarryOver);
        Change("DELETE FROM measured WHERE measure LIKE 'carry_over%'");
        AssertSame([Point(0) with { CarryOver = null }], RunFile.Read(folder).Series[0].Points);
    }

    [Fact]
    public void A_run_file_with_the_normalized_loss_alone_has_its_excess_over_ln_K()
    {
        MeasuringPoint point = RunSamples.Training().Series[0].Points[3] with { NormalizedTrainExcess = 1e-9, NormalizedTestExcess = null };
        using (RunFile file = RunFile.Create(folder, RunSamples.Setup))
        {
            file.Append("real", point);
            file.KeepNormalizedLossRefusal("Because.");
        }

        Assert.Equal("Because.", RunFile.Read(folder).NormalizedLossRefusal);
        MeasuringPoint read = RunFile.Read(folder).Series[0].Points[0];
        Assert.Equal(1e-9, read.NormalizedTrainExcess);
        Assert.Equal(point.NormalizedTestLoss - Math.Log(RunSamples.Setup.Classes!.Value), read.NormalizedTestExcess);
        Change("DELETE FROM measured WHERE measure LIKE 'normalized_%_excess'");
        Change("DELETE FROM run WHERE key = 'normalized_loss_refusal'");
        RunRecord old = RunFile.Read(folder);
        Assert.Null(old.NormalizedLossRefusal);
        Assert.Equal(point.NormalizedTrainLoss - Math.Log(RunSamples.Setup.Classes!.Value), old.Series[0].Points[0].NormalizedTrainExcess);
    }

    [Fact]
    public void A_run_file_of_before_there_were_groups_is_read_without_them_and_groups_hide_nothing_from_older_programs()
    {
        var coherence = new CoherenceMeasure(0.5, 0.4, 20, new(10, 30), new(0.2, 0.6));
        MeasuringPoint known = Point(0);
        known = known with { Groups = [new("a", 40, 1.5, 0.25, new(coherence, [.. known.Layers.Select(layer => new LayerCoherence(layer.Name, coherence with { Ci95 = null }))]))] };
        using (var file = RunFile.Create(folder, RunSamples.Setup))
        {
            file.Append("real", known);
        }

        AssertSame([known], RunFile.Read(folder).Series[0].Points);
        Change("DELETE FROM measured WHERE measure LIKE 'group.%'");
        AssertSame([known with { Groups = null }], RunFile.Read(folder).Series[0].Points);
    }

    [Fact]
    public void A_fresh_name_is_never_taken()
    {
        var now = new DateTimeOffset(2026, 3, 1, 14, 25, 30, TimeSpan.FromHours(2));
        Assert.Equal(Path.Combine(folder, "20260301-142530-my-set"), RunFolder.NextFree(folder, "my/set", now));
        Directory.CreateDirectory(Path.Combine(folder, "20260301-142530-mnist"));
        Assert.Equal(Path.Combine(folder, "20260301-142530-mnist-2"), RunFolder.NextFree(folder, "mnist", now));
        File.WriteAllText(Path.Combine(folder, "20260301-142530-mnist-2"), string.Empty);
        Assert.Equal(Path.Combine(folder, "20260301-142530-mnist-3"), RunFolder.NextFree(folder, "mnist", now));
    }

    private void Change(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, RunFile.FileName)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static MeasuringPoint Point(long step) => RunSamples.Training(2, 2).Series[0].Points[0] with { Step = step };

    private static void Append(RunFile file, string series, MeasuringPoint[] points)
    {
        foreach (var point in points)
        {
            file.Append(series, point);
        }
    }

    /// <summary>Records compare by value, but lists inside them do not.</summary>
    private static void AssertSame(IReadOnlyList<MeasuringPoint> expected, IReadOnlyList<MeasuringPoint> actual)
    {
        GradientMeasures[] none = [];
        Assert.Equal(expected.Select(point => point with { Layers = none, Groups = null }), actual.Select(point => point with { Layers = none, Groups = null }));
        Assert.Equal(expected.Select(point => point.Layers), actual.Select(point => point.Layers));
        Assert.Equal(expected.Select(point => point.Groups is null), actual.Select(point => point.Groups is null));
        foreach (var (wanted, read) in expected.SelectMany(point => point.Groups ?? []).Zip(actual.SelectMany(point => point.Groups ?? []), (a, b) => (a, b)))
        {
            Assert.Equal((wanted.Name, wanted.Examples, wanted.Loss, wanted.Accuracy), (read.Name, read.Examples, read.Loss, read.Accuracy));
            Assert.Equal(wanted.Coherence.Network, read.Coherence.Network);
            Assert.Equal(wanted.Coherence.Layers, read.Coherence.Layers);
        }
    }
}
