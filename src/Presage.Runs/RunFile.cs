using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Presage.Examples;

namespace Presage.Runs;

/// <summary>
/// The file of one run: its setup and every measured value, in SQLite. What <see cref="Append"/> returned from survives the end of the
/// process by any means. One writer, one thread; any number of readers meanwhile.
/// </summary>
public sealed class RunFile : IDisposable
{
    /// <summary>Name of the file in its run folder.</summary>
    public const string FileName = "run.db";

    private readonly SqliteConnection _database;
    private readonly Dictionary<string, long> _lastSteps = new(StringComparer.Ordinal);
    private bool _finished;

    private RunFile(string folder, SqliteConnection connection) => (Folder, _database) = (folder, connection);

    /// <summary>The run's folder, as an absolute path.</summary>
    public string Folder { get; }

    /// <summary>Starts a run in a folder of its own, which is made where it is missing. The run is unfinished until <see cref="Finish"/>.</summary>
    /// <param name="folder">A folder that is empty or does not exist yet.</param>
    /// <param name="setup">What the run is asked to do.</param>
    /// <exception cref="IOException">The folder holds something already, or cannot be written; the message is one sentence naming it.</exception>
    public static RunFile Create(string folder, RunSetup setup) =>
        TryCreate(folder, setup) ?? throw new IOException($"The run folder '{Path.GetFullPath(folder)}' holds something already; a run needs a folder of its own.");

    /// <summary>Starts a run in a new folder under a base folder; see <see cref="RunFolder.NextFree"/> for its name.</summary>
    /// <param name="baseFolder">Folder of all runs; it need not exist.</param>
    /// <param name="name">What the run is about.</param>
    /// <param name="setup">What the run is asked to do.</param>
    /// <exception cref="IOException">The base folder cannot be written; the message is one sentence naming it.</exception>
    public static RunFile CreateUnder(string baseFolder, string name, RunSetup setup)
    {
        // Where another run takes the name in between, there is a next one.
        RunFile? file;
        while ((file = TryCreate(RunFolder.NextFree(baseFolder, name, DateTimeOffset.Now), setup)) is null)
        {
        }

        return file;
    }

    /// <summary>Starts a run in the folder or, where that holds something already, in the first of <c>folder-2</c>, <c>folder-3</c>, … that does not.</summary>
    /// <param name="folder">The folder asked for.</param>
    /// <param name="setup">What the run is asked to do.</param>
    /// <exception cref="IOException">The folder cannot be written; the message is one sentence naming it.</exception>
    public static RunFile CreateBeside(string folder, RunSetup setup)
    {
        string stem = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        RunFile? file = TryCreate(stem, setup);
        for (int number = 2; file is null; number++)
        {
            file = TryCreate($"{stem}-{number}", setup);
        }

        return file;
    }

    /// <summary>Reads a run, also one that is still being written or whose process was killed.</summary>
    /// <param name="folder">The run's folder, or its file.</param>
    /// <exception cref="InvalidDataException">There is no run file, or it is not one, is damaged, or was written by a newer version.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RunRecord Read(string folder) => RunReader.Read(folder);

    /// <summary>Adds a measuring point: all of it or, where this throws, nothing.</summary>
    /// <param name="series">"real" or "control".</param>
    /// <param name="point">The point; its step is greater than that of the series' last one, and its layers have distinct names.</param>
    /// <exception cref="ArgumentException">A value is not finite, a step does not increase, or a layer's name is empty or taken.</exception>
    /// <exception cref="InvalidOperationException">The run is finished.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Append(string series, MeasuringPoint point)
    {
        RequireUnfinished();
        var rows = Checked(series, point);
        try
        {
            using var transaction = _database.BeginTransaction();
            using var command = _database.CreateCommand();
            command.CommandText = "INSERT INTO measured VALUES ($series, $step, $layer, $measure, $value)";
            command.Parameters.AddWithValue("$series", series);
            command.Parameters.AddWithValue("$step", point.Step);
            var layer = command.Parameters.Add("$layer", SqliteType.Text);
            var measure = command.Parameters.Add("$measure", SqliteType.Text);
            var value = command.Parameters.Add("$value", SqliteType.Real);
            foreach (var row in rows)
            {
                (layer.Value, measure.Value, value.Value) = (row.Layer, row.Measure, row.Value ?? (object)DBNull.Value);
                command.ExecuteNonQuery();
            }

            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            throw Unwritable(Folder, exception);
        }

        _lastSteps[series] = point.Step;
    }

    /// <summary>Keeps the reason why the run has no normalized loss.</summary>
    /// <param name="reason">The reason, in a sentence.</param>
    /// <exception cref="InvalidOperationException">The run is finished.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void KeepNormalizedLossRefusal(string reason)
    {
        RequireUnfinished();
        try
        {
            Put(_database, RunStore.NormalizedLossRefusal, reason);
        }
        catch (SqliteException exception)
        {
            throw Unwritable(Folder, exception);
        }
    }

    /// <summary>Keeps the records of the run's training examples, in place of those kept before: all of them or, where this throws, the earlier ones.</summary>
    /// <param name="records">The records.</param>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    /// <exception cref="InvalidOperationException">The run is finished.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void KeepExamples(IReadOnlyList<ExampleRecord> records)
    {
        RequireUnfinished();
        try
        {
            RunExamples.Write(_database, records);
        }
        catch (SqliteException exception)
        {
            throw Unwritable(Folder, exception);
        }
    }

    /// <summary>Ends the run and leaves the file complete in itself, without side files.</summary>
    /// <param name="status">How the run ended.</param>
    /// <param name="message">Why it ended, where there is more to say.</param>
    /// <param name="verdict">The verdict; null where there is none.</param>
    /// <param name="timing">Where the time went.</param>
    /// <exception cref="InvalidOperationException">The run is finished.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Finish(RunStatus status, string? message, Verdict? verdict, RunTiming timing)
    {
        RequireUnfinished();
        try
        {
            using var transaction = _database.BeginTransaction();
            Put(_database, "status", JsonSerializer.Serialize(status, RunStore.Json));
            Put(_database, "status_message", message);
            Put(_database, "verdict", verdict is null ? null : JsonSerializer.Serialize(verdict, RunStore.Json));
            Put(_database, "timing", JsonSerializer.Serialize(timing, RunStore.Json));
            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            throw Unwritable(Folder, exception);
        }

        _finished = true;
        LeaveOneFile();
    }

    /// <summary>Closes the file. A run that was not finished stays unfinished.</summary>
    public void Dispose() => _database.Dispose();

    /// <summary>A reader at work keeps the side files alive; then they stay, and the run is no less complete.</summary>
    private void LeaveOneFile()
    {
        try
        {
            RunStore.Execute(_database, "PRAGMA wal_checkpoint(TRUNCATE)");
            RunStore.Execute(_database, "PRAGMA journal_mode = DELETE");
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is 5 or 6)
        {
        }
    }

    /// <summary>Null where the folder holds something already.</summary>
    private static RunFile? TryCreate(string folder, RunSetup setup)
    {
        string path = Path.GetFullPath(folder);
        if (RunFolder.TryClaim(path) is not { } file)
        {
            return null;
        }

        SqliteConnection? connection = null;
        try
        {
            connection = RunStore.Open(file, SqliteOpenMode.ReadWrite);
            RunStore.Execute(connection, "PRAGMA journal_mode = WAL");
            using var transaction = connection.BeginTransaction();
            RunStore.Execute(connection, RunStore.Schema);
            Put(connection, "setup", JsonSerializer.Serialize(setup, RunStore.Json));
            Put(connection, "started_utc", DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture));
            Put(connection, "status", JsonSerializer.Serialize(RunStatus.Unfinished, RunStore.Json));
            transaction.Commit();
            return new(path, connection);
        }
        catch (SqliteException exception)
        {
            connection?.Dispose();
            throw Unwritable(path, exception);
        }
    }

    private List<MeasuredRow> Checked(string series, MeasuringPoint point)
    {
        if (_lastSteps.TryGetValue(series, out long last) && point.Step <= last)
        {
            throw new ArgumentException($"Step {point.Step} of {series} comes after step {last}: steps must increase.", nameof(point));
        }

        var names = new HashSet<string>(StringComparer.Ordinal) { string.Empty };
        if (point.Layers.Prepend(point.Network).FirstOrDefault(group => !names.Add(group.Name)) is { } group)
        {
            throw new ArgumentException($"The layer name '{group.Name}' is empty or not the only one of its kind.", nameof(point));
        }

        var rows = RunRows.Of(point).ToList();
        foreach (var row in rows.Where(row => row.Value is { } value && !double.IsFinite(value)))
        {
            throw new ArgumentException(
                $"{row.Measure} of {(row.Layer.Length == 0 ? series : row.Layer)} at step {point.Step} is {row.Value}: a quantity without a value is null.",
                nameof(point));
        }

        return rows;
    }

    private void RequireUnfinished()
    {
        if (_finished)
        {
            throw new InvalidOperationException($"The run in '{Folder}' is finished.");
        }
    }

    private static void Put(SqliteConnection connection, string key, string? value)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT OR REPLACE INTO run VALUES ($key, $value)";
        command.Parameters.AddWithValue("$key", key);
        command.Parameters.AddWithValue("$value", value ?? (object)DBNull.Value);
        command.ExecuteNonQuery();
    }

    private static IOException Unwritable(string folder, SqliteException exception) =>
        new($"The run file in '{folder}' cannot be written: {exception.Message}", exception);
}
