using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Presage.Data.Fetching;

namespace Presage.Tests;

/// <summary>Made-up data files.</summary>
internal static class DataSamples
{
    public static byte[] Idx(uint magic, uint[] sizes, byte[] values)
    {
        var bytes = new byte[4 * (1 + sizes.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, magic);
        for (var i = 0; i < sizes.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * (i + 1)), sizes[i]);
        }

        return [.. bytes, .. values];
    }

    public static byte[] Images(int count, int height, int width) =>
        Idx(0x803, [(uint)count, (uint)height, (uint)width], [.. Enumerable.Range(0, count * height * width).Select(i => (byte)i)]);

    public static byte[] Labels(params byte[] labels) => Idx(0x801, [(uint)labels.Length], labels);

    /// <summary>Writes a data set in MNIST's layout whose images are bright in the row of their class.</summary>
    public static void WriteIdxFolder(string folder, int train, int test, int side, int classes)
    {
        Directory.CreateDirectory(folder);
        foreach (var (prefix, count) in new[] { ("train", train), ("t10k", test) })
        {
            var pixels = new byte[count * side * side];
            for (int i = 0; i < pixels.Length; i++)
            {
                int image = i / (side * side);
                int row = i / side % side;
                pixels[i] = (byte)((row == image % classes ? 150 : 20) + (int)((uint)(image * 7919 + i * 104729) * 2654435761 >> 25) % 100);
            }

            File.WriteAllBytes(Path.Combine(folder, $"{prefix}-images-idx3-ubyte"), Idx(0x803, [(uint)count, (uint)side, (uint)side], pixels));
            File.WriteAllBytes(
                Path.Combine(folder, $"{prefix}-labels-idx1-ubyte"), Labels([.. Enumerable.Range(0, count).Select(image => (byte)(image % classes))]));
        }
    }

    public static byte[] Gz(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return target.ToArray();
    }

    public static byte[] TarGz(params (string Name, byte[] Bytes)[] members)
    {
        using var target = new MemoryStream();
        using (var tar = new TarWriter(target, leaveOpen: true))
        {
            foreach (var (name, bytes) in members)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
            }
        }

        return Gz(target.ToArray());
    }

    public static KnownFile Known(string name, byte[] bytes) => new(name, bytes.Length, Convert.ToHexStringLower(MD5.HashData(bytes)));
}

/// <summary>A folder that lasts as long as a test.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder() => Path = Directory.CreateTempSubdirectory("presage-test-").FullName;

    public string Path { get; }

    public string Write(string name, byte[] bytes)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
