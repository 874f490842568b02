using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using Presage.Examples;

namespace Presage.Runs;

/// <summary>
/// The records of a run's examples in its file: one row a measure, its value for every example as little-endian doubles, NaN where there is none. A later
/// measure is one more row. The table is made when there is something to keep, so that files without it are older ones or have none.
/// </summary>
internal static class RunExamples
{
    private const string ClassProbability = "class_probability/";

    public static void Write(SqliteConnection database, IReadOnlyList<ExampleRecord> records)
    {
        var columns = Columns(records).ToList();
        using var transaction = database.BeginTransaction();
        RunStore.Execute(database, "CREATE TABLE IF NOT EXISTS examples (measure TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID");
        RunStore.Execute(database, "DELETE FROM examples");
        using var command = database.CreateCommand();
        command.CommandText = "INSERT INTO examples VALUES ($measure, $value)";
        var name = command.Parameters.Add("$measure", SqliteType.Text);
        var value = command.Parameters.Add("$value", SqliteType.Blob);
        foreach (var (measure, values) in columns)
        {
            (name.Value, value.Value) = (measure, Bytes(values));
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <summary>The records; null where the file has none.</summary>
    public static IReadOnlyList<ExampleRecord>? Read(SqliteConnection database)
    {
        if (RunStore.Scalar(database, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'examples'") == 0)
        {
            return null;
        }

        var columns = new Dictionary<string, double[]>(StringComparer.Ordinal);
        using var command = database.CreateCommand();
        command.CommandText = "SELECT measure, value FROM examples";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            columns[reader.GetString(0)] = Values((byte[])reader.GetValue(1));
        }

        int count = Column(columns, "index").Length;
        string? odd = columns.FirstOrDefault(column => column.Value.Length != count).Key;
        if (odd is not null)
        {
            throw new InvalidDataException($"The run file is damaged: it has {columns[odd].Length} values of {odd} for {count} examples.");
        }

        int classes = columns.Keys.Count(measure => measure.StartsWith(ClassProbability, StringComparison.Ordinal));
        double[][] probabilities = [.. Enumerable.Range(0, classes).Select(k => Column(columns, $"{ClassProbability}{k}"))];
        return [.. Enumerable.Range(0, count).Select(n => Record(columns, probabilities, n))];
    }

    private static IEnumerable<(string Measure, double[] Values)> Columns(IReadOnlyList<ExampleRecord> records)
    {
        yield return Of("index", record => record.Index);
        yield return Of("label", record => record.Label);
        yield return Of("epochs", record => record.Epochs);
        yield return Of("mean_margin", record => record.MeanMargin);
        yield return Of("last_margin", record => record.LastMargin);
        yield return Of("mean_probability", record => record.MeanProbability);
        yield return Of("mean_loss", record => record.MeanLoss);
        yield return Of("last_loss", record => record.LastLoss);
        yield return Of("times_right", record => record.TimesRight);
        yield return Of("is_right", record => record.IsRight ? 1 : 0);
        yield return Of("first_right", record => record.FirstRight);
        yield return Of("learned", record => record.Learned);
        yield return Of("times_forgotten", record => record.TimesForgotten);
        yield return Of("gradient_epochs", record => record.Gradients?.Epochs);
        yield return Of("mean_gradient_norm", record => record.Gradients?.MeanNorm);
        yield return Of("last_gradient_norm", record => record.Gradients?.LastNorm);
        yield return Of("mean_agreement", record => record.Gradients?.MeanAgreement);
        yield return Of("last_agreement", record => record.Gradients?.LastAgreement);
        for (int k = 0; k < (records.Count == 0 ? 0 : records[0].ClassProbabilities.Count); k++)
        {
            int place = k;
            yield return Of($"{ClassProbability}{k}", record => record.ClassProbabilities[place]);
        }

        (string Measure, double[] Values) Of(string measure, Func<ExampleRecord, double?> value) =>
            (measure, [.. records.Select(record => Stored(measure, record, value(record)))]);
    }

    private static double Stored(string measure, ExampleRecord record, double? value) => value switch
    {
        null => double.NaN,
        { } number when double.IsFinite(number) => number,
        _ => throw new ArgumentException($"{measure} of example {record.Index} is {value}: a quantity without a value is null.", nameof(value)),
    };

    private static ExampleRecord Record(Dictionary<string, double[]> columns, double[][] probabilities, int n)
    {
        return new ExampleRecord(
            (int)Required("index"),
            (int)Required("label"),
            (int)Required("epochs"),
            Required("mean_margin"),
            Required("last_margin"),
            Required("mean_probability"),
            Required("mean_loss"),
            Required("last_loss"),
            (int)Required("times_right"),
            Required("is_right") > 0,
            (int?)Value("first_right"),
            (int?)Value("learned"),
            (int)Required("times_forgotten"),
            [.. probabilities.Select(column => column[n])],
            Value("gradient_epochs") is { } measured
                ? new GradientTrace(
                    (int)measured, Required("mean_gradient_norm"), Required("last_gradient_norm"), Value("mean_agreement"), Value("last_agreement"))
                : null);

        double? Value(string measure) => Column(columns, measure)[n] is var value && double.IsNaN(value) ? null : value;

        double Required(string measure) =>
            Value(measure) ?? throw new InvalidDataException($"The run file is damaged: an example lacks {measure}.");
    }

    private static double[] Column(Dictionary<string, double[]> columns, string measure) =>
        columns.GetValueOrDefault(measure) ?? throw new InvalidDataException($"The run file is damaged: its examples lack {measure}.");

    private static byte[] Bytes(double[] values)
    {
        var bytes = new byte[values.Length * sizeof(double)];
        for (int n = 0; n < values.Length; n++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(n * sizeof(double)), values[n]);
        }

        return bytes;
    }

    private static double[] Values(byte[] bytes)
    {
        var values = new double[bytes.Length / sizeof(double)];
        for (int n = 0; n < values.Length; n++)
        {
            values[n] = BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(n * sizeof(double)));
        }

        return values;
    }
}
