using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Presage.Gradients;

/// <summary>Writes <see cref="GradientStatistics"/> as <see cref="StatisticsReader"/> reads them.</summary>
internal sealed class StatisticsWriter(Stream stream) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _used;

    public void Dispose() => _hash.Dispose();

    public void Write(GradientStatistics statistics)
    {
        Bytes(Encoding.ASCII.GetBytes(GradientStatistics.FileMagic));
        Integer(GradientStatistics.FileVersion);
        Integer(statistics.ExamplesPerGradient);
        Doubles(statistics.Losses);
        Integer(statistics.Layers.Count);
        foreach (LayerStatistics layer in statistics.Layers)
        {
            Text(layer.Name);
            Integer(layer.Parameters.Count);
            foreach (ParameterStatistics parameter in layer.Parameters)
            {
                Write(parameter);
            }

            Doubles(layer.SquaredNorms);
            Optional(layer.InnerProducts, Doubles);
        }

        Flush();
        stream.Write(_hash.GetHashAndReset());
    }

    private void Write(ParameterStatistics parameter)
    {
        Text(parameter.Name);
        Integer(parameter.Shape.Length);
        foreach (long size in parameter.Shape)
        {
            BinaryPrimitives.WriteInt64LittleEndian(Next(sizeof(long)), size);
        }

        Doubles(parameter.Sum);
        Doubles(parameter.SumOfSquares);
        Optional(parameter.SignSum, Integers);
    }

    private void Optional<T>(T? value, Action<T> write)
        where T : class
    {
        Next(1)[0] = value is null ? (byte)0 : (byte)1;
        if (value is not null)
        {
            write(value);
        }
    }

    private void Text(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Integer(bytes.Length);
        Bytes(bytes);
    }

    private void Doubles(double[] values)
    {
        Integer(values.Length);
        foreach (double value in values)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(Next(sizeof(double)), value);
        }
    }

    private void Integers(int[] values)
    {
        Integer(values.Length);
        foreach (int value in values)
        {
            Integer(value);
        }
    }

    private void Integer(int value) => BinaryPrimitives.WriteInt32LittleEndian(Next(sizeof(int)), value);

    private void Bytes(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            Next(1)[0] = value;
        }
    }

    private Span<byte> Next(int count)
    {
        if (_used + count > _buffer.Length)
        {
            Flush();
        }

        _used += count;
        return _buffer.AsSpan(_used - count, count);
    }

    private void Flush()
    {
        _hash.AppendData(_buffer, 0, _used);
        stream.Write(_buffer, 0, _used);
        _used = 0;
    }
}
