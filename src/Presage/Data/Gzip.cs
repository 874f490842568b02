using System.IO.Compression;

namespace Presage.Data;

/// <summary>Files that may be gzip-compressed, whatever they are called.</summary>
internal static class Gzip
{
    /// <summary>The uncompressed bytes of a stream: as they are, or decompressed where the stream begins with gzip's magic bytes.</summary>
    /// <param name="stream">A stream that can seek, read from its present position.</param>
    public static Stream OpenEither(Stream stream)
    {
        var start = stream.Position;
        var compressed = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
        stream.Position = start;
        return compressed ? new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true) : stream;
    }
}
