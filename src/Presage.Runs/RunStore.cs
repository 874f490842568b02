using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;

namespace Presage.Runs;

/// <summary>What writer and reader of a run file agree on.</summary>
internal static class RunStore
{
    /// <summary>"PRSG" in ASCII: tells a run file from any other SQLite file.</summary>
    public const long ApplicationId = 0x50525347;

    public const long SchemaVersion = 1;

    /// <summary>Key of the reason why there is no normalized loss; missing where there is.</summary>
    public const string NormalizedLossRefusal = "normalized_loss_refusal";

    public const string Schema = """
        PRAGMA application_id = 1347572551;
        PRAGMA user_version = 1;
        CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
        CREATE TABLE measured (series TEXT NOT NULL, step INTEGER NOT NULL, layer TEXT NOT NULL, measure TEXT NOT NULL, value REAL);
        """;

    /// <summary>A missing field is an error, not a silent zero.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Opens without pooling, so that closing lets go of the file.</summary>
    public static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false, DefaultTimeout = 10 }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    public static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        return (long)command.ExecuteScalar()!;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
