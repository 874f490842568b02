using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Presage.Gradients;

/// <summary>
/// Reads <see cref="GradientStatistics"/> from a stream that can seek. Nothing in it is believed: a length is checked against what is left before
/// anything is allocated for it.
/// </summary>
internal sealed class StatisticsReader(Stream stream) : IDisposable
{
    private const int HashLength = 32;

    private static readonly UTF8Encoding StrictText = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _block = new byte[1 << 16];
    private long _left = stream.Length - stream.Position;

    public void Dispose() => _hash.Dispose();

    public GradientStatistics Read()
    {
        if (_left < GradientStatistics.FileMagic.Length
            || !Take(GradientStatistics.FileMagic.Length).SequenceEqual(Encoding.ASCII.GetBytes(GradientStatistics.FileMagic)))
        {
            throw new InvalidDataException("There are no gradient statistics: the data do not begin with their mark.");
        }

        int version = Integer();
        if (version != GradientStatistics.FileVersion)
        {
            throw new InvalidDataException(
                $"The gradient statistics are of version {version}, and this program reads version {GradientStatistics.FileVersion}.");
        }

        int examplesPerGradient = Integer();
        double[] losses = Doubles();
        Require(examplesPerGradient >= 1 && (long)losses.Length * examplesPerGradient <= int.MaxValue, "there is no such number of examples");
        var layers = new List<LayerStatistics>();
        for (int count = Count(1); count > 0; count--)
        {
            layers.Add(Layer(losses.Length));
        }

        Require(layers.Count > 0, "there is no layer");
        byte[] expected = _hash.GetHashAndReset();
        Require(Take(HashLength).SequenceEqual(expected), "their checksum is another");
        return new GradientStatistics(layers, losses, examplesPerGradient);
    }

    private LayerStatistics Layer(int gradients)
    {
        string name = Text();
        var parameters = new List<ParameterStatistics>();
        for (int count = Count(1); count > 0; count--)
        {
            parameters.Add(Parameter());
        }

        double[] squaredNorms = Doubles();
        double[]? innerProducts = Flag() ? Doubles() : null;
        Require(
            squaredNorms.Length == gradients && (innerProducts is null || innerProducts.Length == gradients),
            $"layer '{name}' does not hold {gradients} gradients");
        return new LayerStatistics(name, parameters, squaredNorms, innerProducts);
    }

    private ParameterStatistics Parameter()
    {
        string name = Text();
        var shape = new long[Count(sizeof(long))];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));
        }

        double[] sum = Doubles();
        double[] squares = Doubles();
        int[]? signs = Flag() ? Integers() : null;
        Require(
            Product(shape) == sum.Length && squares.Length == sum.Length && (signs is null || signs.Length == sum.Length),
            $"parameter '{name}' is not of its shape");
        return new ParameterStatistics(name, shape, sum, squares, signs);
    }

    private static double Product(long[] shape) => shape.Aggregate(1.0, (product, size) => size < 0 ? double.NaN : product * size);

    private string Text()
    {
        byte[] bytes = new byte[Count(1)];
        Fill(bytes);
        try
        {
            return StrictText.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException("The gradient statistics are damaged: a name is not text.", exception);
        }
    }

    private bool Flag()
    {
        byte flag = Take(1)[0];
        Require(flag <= 1, "a mark is neither 0 nor 1");
        return flag == 1;
    }

    private double[] Doubles()
    {
        var values = new double[Count(sizeof(double))];
        for (int start = 0; start < values.Length; start += _block.Length / sizeof(double))
        {
            int count = Math.Min(_block.Length / sizeof(double), values.Length - start);
            ReadOnlySpan<byte> bytes = Take(count * sizeof(double));
            for (int i = 0; i < count; i++)
            {
                values[start + i] = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(i * sizeof(double))..]);
            }
        }

        return values;
    }

    private int[] Integers()
    {
        var values = new int[Count(sizeof(int))];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Integer();
        }

        return values;
    }

    private int Integer() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <summary>A number of things of at least so many bytes each, which must fit into what is left.</summary>
    private int Count(int bytesEach)
    {
        int count = Integer();
        Require(count >= 0 && count <= _left / bytesEach, $"{count} entries are announced and {_left} bytes are left");
        return count;
    }

    /// <summary>The next bytes, at most a block of them; valid until the next call.</summary>
    private ReadOnlySpan<byte> Take(int count)
    {
        Span<byte> bytes = _block.AsSpan(0, count);
        Fill(bytes);
        return bytes;
    }

    private void Fill(Span<byte> bytes)
    {
        Require(bytes.Length <= _left, "they are cut off");
        _left -= bytes.Length;
        stream.ReadExactly(bytes);
        _hash.AppendData(bytes);
    }

    private static void Require(bool condition, string complaint)
    {
        if (!condition)
        {
            throw new InvalidDataException($"The gradient statistics are damaged: {complaint}.");
        }
    }
}
