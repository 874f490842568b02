using System.Globalization;
using Presage.Data;
using Presage.Kernels;

namespace Presage.Cli.Studies;

/// <summary>The examples that a kernel is taken of.</summary>
/// <param name="Source">Where they are from.</param>
/// <param name="Train">Training examples (m, d), row-major.</param>
/// <param name="Test">Test examples, likewise; empty for none.</param>
/// <param name="Dimensions">Numbers an example d.</param>
/// <param name="TrainLabels">Labels of the training examples; null for none.</param>
/// <param name="TestLabels">Labels of the test examples; null for none.</param>
/// <param name="Classes">Number of classes; 0 without labels.</param>
internal sealed record KernelInputs(
    string Source, double[] Train, double[] Test, int Dimensions, IReadOnlyList<int>? TrainLabels, IReadOnlyList<int>? TestLabels, int Classes)
{
    // Squares of larger ones leave float32.
    private const double Largest = 1e15;

    /// <summary>An example's shape; (d, 1, 1) where it is not known to be an image.</summary>
    public ImageShape Shape { get; init; } = new(Dimensions, 1, 1);

    public int TrainCount => Train.Length / Dimensions;

    public int TestCount => Test.Length / Dimensions;

    /// <summary>Reads a CSV file, an example a row of numbers, without a head.</summary>
    /// <param name="path">The file.</param>
    /// <param name="image">The shape of the image that a row is; null where it is none.</param>
    /// <exception cref="BadInputException">There is no such file, or it holds something else.</exception>
    public static KernelInputs FromCsv(string path, ImageShape? image = null)
    {
        if (!File.Exists(path))
        {
            throw new BadInputException($"--inputs expects a CSV file with an example a row, but there is no file '{path}'.");
        }

        var values = new List<double>();
        int dimensions = 0;
        int row = 0;
        foreach (string line in File.ReadLines(path).Where(line => !string.IsNullOrWhiteSpace(line)))
        {
            row++;
            string[] cells = line.Split(',');
            dimensions = row == 1 ? cells.Length : dimensions;
            if (cells.Length != dimensions)
            {
                throw new BadInputException($"{path}, row {row}: expected {dimensions} numbers as in the first row, but got {cells.Length}.");
            }

            foreach (string cell in cells)
            {
                if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
                {
                    throw new BadInputException($"{path}, row {row}: expected numbers apart by commas, but got '{cell.Trim()}'.");
                }

                if (Math.Abs(value) > Largest)
                {
                    throw new BadInputException($"{path}, row {row}: expected numbers of at most {Largest:G1} in size, but got '{cell.Trim()}'.");
                }

                values.Add(value);
            }
        }

        if (row > 0 && image is { } shape && shape.Count != dimensions)
        {
            throw new BadInputException($"--image {shape.Channels}x{shape.Height}x{shape.Width} has {shape.Count:N0} numbers, but a row of '{path}' has {dimensions:N0}.");
        }

        return row >= 2
            ? new KernelInputs(path, [.. values], [], dimensions, null, null, 0) { Shape = image ?? new ImageShape(dimensions, 1, 1) }
            : throw new BadInputException($"{path}: expected at least two rows, an example each, but got {row}.");
    }

    /// <summary>Takes examples of a data set, standardized as those of a training are.</summary>
    /// <exception cref="BadInputException">It has fewer than asked for, or no labels.</exception>
    public static async Task<KernelInputs> OfDataAsync(DiagnoseOptions options, IProgress<string> progress, CancellationToken cancellation)
    {
        DiagnoseData data = await DiagnoseData.LoadAsync(options, progress, cancellation);
        return data.Train.Labels is { } labels
            ? new KernelInputs(data.Name, Wide(data.Train), Wide(data.Test), data.Train.InputShape.Aggregate(1, (product, side) => product * side), labels, data.Test.Labels, data.Train.ClassCount)
            {
                Shape = data.Train.InputShape is [int channels, int height, int width] ? new ImageShape(channels, height, width) : new ImageShape(data.Train.InputShape.Aggregate(1, (product, side) => product * side), 1, 1),
            }
            : throw new BadInputException("--data toy is regression, and has no labels to predict: take images.");
    }

    private static double[] Wide(ExampleSet examples) => [.. examples.Inputs.Select(value => (double)value)];
}
