using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Presage.Tests;

/// <summary>Picture files of the simplest kinds their formats allow.</summary>
internal static class PictureSamples
{
    /// <summary>A PNG of 8 bits a channel, without filters.</summary>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="pixels">Pixels row by row, three bytes each.</param>
    public static byte[] Png(int width, byte[] pixels)
    {
        int height = pixels.Length / 3 / width;
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int row = 0; row < height; row++)
            {
                zlib.WriteByte(0);
                zlib.Write(pixels, row * 3 * width, 3 * width);
            }
        }

        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", header), .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", [])];
    }

    /// <summary>A PNG of one colour.</summary>
    public static byte[] Png(int width, int height, byte red, byte green, byte blue) =>
        Png(width, [.. Enumerable.Range(0, width * height).SelectMany(_ => (byte[])[red, green, blue])]);

    /// <summary>
    /// A grey JPEG of 8x8 pixels, all of one level: one block whose only coefficient is its mean, (level − 128)·8, quantized by 8.
    /// </summary>
    public static byte[] Jpeg(byte level)
    {
        int difference = level - 128;
        int size = difference == 0 ? 0 : 32 - int.LeadingZeroCount(Math.Abs(difference));

        // Two codes of one bit each: that of the coefficient's size, and that of the block's end.
        string bits = "0" + (size == 0 ? "" : Convert.ToString(difference > 0 ? difference : difference + (1 << size) - 1, 2).PadLeft(size, '0')) + "0";
        bits = bits.PadRight((bits.Length + 7) / 8 * 8, '1');
        byte[] data = [.. bits.Chunk(8).SelectMany(chunk => Convert.ToByte(new string(chunk), 2) is 0xFF ? (byte[])[0xFF, 0] : [Convert.ToByte(new string(chunk), 2)])];
        byte[] ones = [.. Enumerable.Repeat((byte)8, 64)];
        return
        [
            0xFF, 0xD8,
            .. Segment(0xDB, [0, .. ones]),
            .. Segment(0xC0, [8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
            .. Segment(0xC4, [0x00, 1, .. new byte[15], (byte)size]),
            .. Segment(0xC4, [0x10, 1, .. new byte[15], 0]),
            .. Segment(0xDA, [1, 1, 0, 0, 63, 0]),
            .. data,
            0xFF, 0xD9,
        ];
    }

    /// <summary>Writes a folder of a folder a class, of images of one colour with a little of each pixel's own.</summary>
    public static void WriteFolder(string folder, int images, int classes, int side)
    {
        for (int image = 0; image < images; image++)
        {
            int label = image % classes;
            byte[] pixels = [.. Enumerable.Range(0, 3 * side * side).Select(i => (byte)((i % 3 == label % 3 ? 180 : 40) + (image * 31 + i * 17) % 50))];
            string path = Path.Combine(folder, $"class{label}");
            Directory.CreateDirectory(path);
            File.WriteAllBytes(Path.Combine(path, $"{image:000}.png"), Png(side, pixels));
        }
    }

    private static byte[] Segment(byte marker, byte[] body) => [0xFF, marker, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2), .. body];

    private static byte[] Chunk(string type, byte[] body)
    {
        byte[] named = [.. Encoding.ASCII.GetBytes(type), .. body];
        var chunk = new byte[named.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        named.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(named.Length + 4), Crc(named));
        return chunk;
    }

    private static uint Crc(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte each in bytes)
        {
            crc ^= each;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
