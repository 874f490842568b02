using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Presage.Runs;

/// <summary>Reads a run file as it was at one moment.</summary>
internal static class RunReader
{
    private const int CannotOpen = 14;
    private const int ReadOnly = 8;
    private const int Busy = 5;
    private const int NotADatabase = 26;

    public static RunRecord Read(string folder)
    {
        string path = Path.GetFullPath(folder);
        string file = File.Exists(path) ? path : Path.Combine(path, RunFile.FileName);
        if (!File.Exists(file))
        {
            throw new InvalidDataException($"'{path}' is not a run folder: it holds no {RunFile.FileName}.");
        }

        try
        {
            File.OpenRead(file).Dispose();
            return ReadInPlace(file);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is CannotOpen or ReadOnly)
        {
            return ReadCopy(file);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException($"The run file '{file}' cannot be read: {exception.Message}", exception);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == Busy)
        {
            throw new IOException($"The run file '{file}' is locked: {exception.Message}", exception);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == NotADatabase)
        {
            throw new InvalidDataException($"'{file}' is not a run file.", exception);
        }
        catch (Exception exception) when (exception is SqliteException or JsonException or FormatException or InvalidCastException)
        {
            throw new InvalidDataException($"The run file '{file}' is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>An unfinished run in a folder that cannot be written: SQLite wants its side files, so it gets them elsewhere.</summary>
    private static RunRecord ReadCopy(string file)
    {
        var copies = Directory.CreateTempSubdirectory("presage-");
        try
        {
            string copy = Path.Combine(copies.FullName, RunFile.FileName);
            File.Copy(file, copy);
            if (File.Exists(file + "-wal"))
            {
                File.Copy(file + "-wal", copy + "-wal");
            }

            return ReadInPlace(copy) with { Folder = Path.GetDirectoryName(file)! };
        }
        catch (SqliteException exception)
        {
            throw new InvalidDataException($"The run file '{file}' is damaged: {exception.Message}", exception);
        }
        finally
        {
            copies.Delete(recursive: true);
        }
    }

    private static RunRecord ReadInPlace(string file)
    {
        using var connection = RunStore.Open(file, SqliteOpenMode.ReadOnly);
        using var transaction = connection.BeginTransaction(deferred: true);
        RequireRunFile(connection, file);
        var run = Keys(connection);
        RunSetup setup = JsonSerializer.Deserialize<RunSetup>(Text(run, "setup"), RunStore.Json)!;
        return new(
            Path.GetDirectoryName(file)!,
            DateTimeOffset.Parse(Text(run, "started_utc"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
            JsonSerializer.Deserialize<RunStatus>(Text(run, "status"), RunStore.Json),
            run.GetValueOrDefault("status_message"),
            setup,
            [.. Series(connection).Select(series => series with { Points = [.. series.Points.Select(point => WithExcess(point, setup.Classes))] })],
            run.GetValueOrDefault("verdict") is { } verdict ? JsonSerializer.Deserialize<Verdict>(verdict, RunStore.Json) : null,
            run.GetValueOrDefault("timing") is { } timing ? JsonSerializer.Deserialize<RunTiming>(timing, RunStore.Json) : null,
            RunExamples.Read(connection),
            run.GetValueOrDefault(RunStore.NormalizedLossRefusal));
    }

    // Earlier versions kept the normalized loss alone.
    private static MeasuringPoint WithExcess(MeasuringPoint point, int? classes) => classes is { } count
        ? point with
        {
            NormalizedTrainExcess = point.NormalizedTrainExcess ?? (point.NormalizedTrainLoss - Math.Log(count)),
            NormalizedTestExcess = point.NormalizedTestExcess ?? (point.NormalizedTestLoss - Math.Log(count)),
        }
        : point;

    private static void RequireRunFile(SqliteConnection connection, string file)
    {
        if (RunStore.Scalar(connection, "PRAGMA application_id") != RunStore.ApplicationId)
        {
            throw new InvalidDataException($"'{file}' is not a run file.");
        }

        long version = RunStore.Scalar(connection, "PRAGMA user_version");
        if (version > RunStore.SchemaVersion)
        {
            throw new InvalidDataException(
                $"The run file '{file}' was written by a newer version of Presage: its schema is {version}, and this one reads up to {RunStore.SchemaVersion}.");
        }
    }

    private static Dictionary<string, string?> Keys(SqliteConnection connection)
    {
        var run = new Dictionary<string, string?>(StringComparer.Ordinal);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT key, value FROM run";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            run[reader.GetString(0)] = reader.IsDBNull(1) ? null : reader.GetString(1);
        }

        return run;
    }

    private static string Text(Dictionary<string, string?> run, string key) =>
        run.GetValueOrDefault(key) ?? throw new InvalidDataException($"The run file is damaged: it lacks {key}.");

    /// <summary>Rows come in the order they were written in: point after point, and layer after layer from input to output.</summary>
    private static List<MeasuredSeries> Series(SqliteConnection connection)
    {
        var rows = new OrderedDictionary<string, OrderedDictionary<long, List<MeasuredRow>>>(StringComparer.Ordinal);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT series, step, layer, measure, value FROM measured ORDER BY rowid";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            string series = reader.GetString(0);
            long step = reader.GetInt64(1);
            rows.TryAdd(series, []);
            rows[series].TryAdd(step, []);
            rows[series][step].Add(new(reader.GetString(2), reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetDouble(4)));
        }

        return [.. rows.Select(series => new MeasuredSeries(series.Key, [.. series.Value.Select(point => RunRows.Point(point.Key, point.Value))]))];
    }
}
