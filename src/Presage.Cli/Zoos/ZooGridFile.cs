using System.Text.Json;
using System.Text.Json.Serialization;
using Presage.Data;
using Presage.Models;
using static System.FormattableString;

namespace Presage.Cli.Zoos;

/// <summary>A family by its name or from a JSON file, checked.</summary>
internal static class ZooGridFile
{
    private const int Most = 100_000;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>Reads a family.</summary>
    /// <param name="name">"small", "medium", or a file.</param>
    /// <exception cref="BadInputException">There is no such name or file, or it does not describe a family.</exception>
    public static ZooGrid Read(string name)
    {
        if (ZooGrid.Named(name) is { } named)
        {
            return named;
        }

        if (!File.Exists(name))
        {
            throw new BadInputException($"--grid '{name}' is neither a family nor a file: {NearestName.Hint(name, [ZooGrid.Small, ZooGrid.Medium])}");
        }

        ZooGrid grid;
        try
        {
            grid = JsonSerializer.Deserialize<ZooGrid>(File.ReadAllText(name), Json) ?? throw new JsonException("it holds nothing");
        }
        catch (JsonException exception)
        {
            string place = exception.Path is { Length: > 2 } path ? $"{path[2..]}, " : "";
            throw new BadInputException(
                $"--grid '{name}' ({place}line {exception.LineNumber + 1 ?? 1}) is not a family of networks: expected a JSON object with lists of values under {Keys}, and numbers under stop_loss, most_epochs, test_size, probe_size, kernel_size and forecast_size.",
                exception);
        }

        Check(name, grid);
        return grid;
    }

    /// <summary>Refuses a family that images do not suffice for.</summary>
    /// <exception cref="BadInputException">There are too few, or too small ones.</exception>
    public static void Require(ZooGrid grid, ImageData images)
    {
        int side = Math.Min(images.Train.Height, images.Train.Width);
        if (grid.Model.Contains(ZooGrid.DeepCnn, StringComparer.Ordinal) && side < Networks.LeastCnnSide)
        {
            throw new BadInputException($"{ZooGrid.DeepCnn} takes images of at least {Networks.LeastCnnSide} pixels a side, but those of {images.Name} have {side}.");
        }

        if (grid.TrainSize.Max() > images.Train.Count || grid.TestSize > images.Test.Count)
        {
            throw new BadInputException(Invariant(
                $"The family asks for {grid.TrainSize.Max():N0} training and {grid.TestSize:N0} test images, but {images.Name} has {images.Train.Count:N0} and {images.Test.Count:N0}."));
        }
    }

    private static string Keys => "model, learning_rate, batch_size, width, depth, train_size, label_noise and seed";

    private static void Check(string file, ZooGrid grid)
    {
        foreach (string model in grid.Model)
        {
            Require(ZooGrid.Models.Contains(model, StringComparer.Ordinal), "model", $"among {string.Join(" and ", ZooGrid.Models)}", $"'{model}'");
        }

        All("learning_rate", grid.LearningRate, value => value is > 0 and <= 100, "above 0 and at most 100");
        All("batch_size", grid.BatchSize, value => value is >= 1 and <= Most, Invariant($"from 1 to {Most}"));
        All("width", grid.Width, value => value is >= 1 and <= 8192, "from 1 to 8192");
        All("depth", grid.Depth, value => value is >= 1 and <= 64, "from 1 to 64");
        All("train_size", grid.TrainSize, value => value >= 20, "at least 20");
        All("label_noise", grid.LabelNoise, value => value is >= 0 and <= 1, "from 0 to 1");
        All("seed", grid.Seed, value => value >= 0, "at least 0");
        All("model", grid.Model, _ => true, "names");
        Require(grid.StopLoss > 0 && double.IsFinite(grid.StopLoss), "stop_loss", "above 0", grid.StopLoss);
        Require(grid.MostEpochs is >= 1 and <= Most, "most_epochs", Invariant($"from 1 to {Most}"), grid.MostEpochs);
        Require(grid.TestSize >= 1, "test_size", "at least 1", grid.TestSize);
        Require(grid.ProbeSize is >= 3 and <= Most, "probe_size", Invariant($"from 3 to {Most}"), grid.ProbeSize);
        Require(grid.KernelSize is >= 3 and <= 10_000, "kernel_size", "from 3 to 10000", grid.KernelSize);
        Require(grid.ForecastSize is >= 3 and <= 10_000, "forecast_size", "from 3 to 10000", grid.ForecastSize);
        double networks = new double[] { grid.Model.Count, grid.LearningRate.Count, grid.BatchSize.Count, grid.Width.Count, grid.Depth.Count, grid.TrainSize.Count, grid.LabelNoise.Count, grid.Seed.Count }
            .Aggregate((a, b) => a * b);
        Require(networks is >= 2 and <= Most, "the whole", Invariant($"from 2 to {Most} networks"), networks);

        void All<T>(string key, IReadOnlyList<T> values, Func<T, bool> isRight, string expected)
        {
            Require(values.Count > 0 && values.Distinct().Count() == values.Count, key, "a list of different values, at least one", $"[{string.Join(", ", values.Select(value => Invariant($"{value}")))}]");
            foreach (T value in values)
            {
                Require(isRight(value), key, expected, value);
            }
        }

        void Require(bool isRight, string key, string expected, object? found)
        {
            if (!isRight)
            {
                throw new BadInputException(Invariant($"--grid '{file}' expects {key} {(key is "the whole" ? "to have" : "to be")} {expected}, but got {found}."));
            }
        }
    }
}
