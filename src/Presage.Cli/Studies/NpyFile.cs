using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using static System.FormattableString;

namespace Presage.Cli.Studies;

/// <summary>Matrices in NumPy's format, version 1.0, little-endian and row-major. Source: NumPy, numpy.lib.format.</summary>
internal static class NpyFile
{
    private const int Alignment = 64;

    /// <summary>Writes a matrix.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="stream">Where to.</param>
    /// <param name="values">The values (rows, columns), row-major.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public static void Write<T>(Stream stream, T[] values, int rows, int columns)
        where T : unmanaged
    {
        stream.Write(Head<T>(rows, columns));
        stream.Write(Bytes(values));
    }

    /// <summary>Reads a matrix whose type and sides are known.</summary>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static T[] Read<T>(string path, int rows, int columns)
        where T : unmanaged
    {
        using FileStream stream = File.OpenRead(path);
        byte[] expected = Head<T>(rows, columns);
        var head = new byte[expected.Length];
        var values = new T[rows * columns];
        Span<byte> bytes = Bytes(values);
        return stream.Length == head.Length + (long)bytes.Length
            && stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length
            && head.AsSpan().SequenceEqual(expected)
            && stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length
            ? values
            : throw new InvalidDataException($"'{path}' is damaged: expected {rows} rows and {columns} columns of {TypeName<T>()}; delete it to have it computed again.");
    }

    private static Span<byte> Bytes<T>(T[] values)
        where T : unmanaged => BitConverter.IsLittleEndian
        ? MemoryMarshal.AsBytes(values.AsSpan())
        : throw new PlatformNotSupportedException("Matrices are kept by little-endian machines alone.");

    private static byte[] Head<T>(int rows, int columns)
        where T : unmanaged
    {
        string text = Invariant($"{{'descr': '{TypeName<T>()}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
        int start = magic.Length + sizeof(ushort);
        int length = (start + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        var head = new byte[length];
        head.AsSpan().Fill((byte)' ');
        magic.CopyTo(head);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(magic.Length), (ushort)(length - start));
        Encoding.ASCII.GetBytes(text, head.AsSpan(start));
        head[^1] = (byte)'\n';
        return head;
    }

    private static string TypeName<T>() => typeof(T) == typeof(float) ? "<f4" : typeof(T) == typeof(double) ? "<f8" : throw new NotSupportedException($"Matrices of {typeof(T).Name} are not kept.");
}
