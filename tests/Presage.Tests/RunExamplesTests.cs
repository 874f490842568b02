using Microsoft.Data.Sqlite;
using Presage.Examples;
using Presage.Runs;
using Xunit;

namespace Presage.Tests;

public sealed class RunExamplesTests : IDisposable
{
    private static readonly ExampleRecord[] Records =
    [
        new(0, 2, 7, -1.0 / 3, 4.5, 0.1, 2.25, 1e-300, 3, true, 2, 6, 1, [0.25, 0.5, 0.25], new GradientTrace(2, 0.5, 1.5, -0.25, null)),
        new(4, 0, 6, double.MaxValue, double.Epsilon, 1, 0, 0, 0, false, null, null, 0, [0.1, 0.2, 0.7], null),
    ];

    private readonly TestFolder _test = new();

    private string Folder => Path.Combine(_test.Path, "run");

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Records_read_are_records_kept_and_the_last_ones_count()
    {
        using (RunFile file = RunFile.Create(Folder, RunSamples.Setup))
        {
            file.KeepExamples([Records[0]]);
            file.KeepExamples(Records);
        }

        IReadOnlyList<ExampleRecord> read = RunFile.Read(Folder).Examples!;
        Assert.Equal(Records.Length, read.Count);
        foreach (var (expected, actual) in Records.Zip(read))
        {
            Assert.Equal(expected.ClassProbabilities, actual.ClassProbabilities);
            Assert.Equal(expected with { ClassProbabilities = actual.ClassProbabilities }, actual);
        }
    }

    [Fact]
    public void A_run_file_without_them_still_reads()
    {
        using (RunFile file = RunFile.Create(Folder, RunSamples.Setup))
        {
            file.Finish(RunStatus.Finished, null, null, new(1, 1, 2));
        }

        Assert.Null(RunFile.Read(Folder).Examples);
    }

    [Fact]
    public void What_is_not_finite_is_refused_and_the_earlier_records_stay()
    {
        using (RunFile file = RunFile.Create(Folder, RunSamples.Setup))
        {
            file.KeepExamples(Records);
            Assert.Throws<ArgumentException>(() => file.KeepExamples([Records[0] with { MeanMargin = double.PositiveInfinity }]));
            Assert.Throws<ArgumentException>(() => file.KeepExamples([Records[0] with { LastLoss = double.NaN }]));
            file.Finish(RunStatus.Finished, null, null, new(1, 1, 2));
            Assert.Throws<InvalidOperationException>(() => file.KeepExamples(Records));
        }

        Assert.Equal(2, RunFile.Read(Folder).Examples!.Count);
    }

    [Fact]
    public void Columns_of_different_lengths_are_damage()
    {
        using (RunFile file = RunFile.Create(Folder, RunSamples.Setup))
        {
            file.KeepExamples(Records);
        }

        using (var database = new SqliteConnection($"Data Source={Path.Combine(Folder, RunFile.FileName)};Pooling=False"))
        {
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = "UPDATE examples SET value = x'0000000000000000' WHERE measure = 'label'";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => RunFile.Read(Folder)).Message, StringComparison.Ordinal);
    }
}
