using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Presage.Data;
using Presage.Data.Fetching;
using Xunit;

namespace Presage.Tests;

public class DataKnownTests
{
    [Fact]
    public void Every_known_file_has_its_own_name_length_and_MD5()
    {
        Assert.Equal(["mnist", "fashion-mnist", "cifar10", "cifar100"], KnownData.Names);
        Assert.All(KnownDataSets.All, set =>
        {
            Assert.Equal(set.Files.Count, set.Files.Select(file => file.Name).Distinct(StringComparer.Ordinal).Count());
            Assert.All(set.Files, file => Assert.Matches("^[0-9a-f]{32}$", file.Md5 ?? new string('0', 32)));
            Assert.All(set.Routes.OfType<HttpFilesRoute>(), route => Assert.EndsWith("/", route.Mirror.AbsoluteUri, StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData("cifar10", 1, 5)]
    [InlineData("cifar100", 2, 1)]
    public void Cifar_batches_are_joined_in_order_and_the_test_batch_is_kept_apart(string name, int labelBytes, int batches)
    {
        var set = KnownDataSets.All.Single(set => set.Name.Equals(name, StringComparison.Ordinal));
        var files = set.Files.Reverse().ToDictionary(
            file => file.Name,
            file => (byte[])[.. new byte[labelBytes - 1], (byte)set.Files.ToList().IndexOf(file), .. new byte[3072]],
            StringComparer.Ordinal);
        var data = set.Parse(files);
        Assert.Equal(Enumerable.Range(0, batches), data.Train.Labels);
        Assert.Equal([batches], data.Test.Labels);
    }

    [Fact]
    public void A_picture_sheet_gives_back_the_original_records()
    {
        var records = Enumerable.Range(0, 2 * 3073).Select(i => (byte)(i % 3073 == 0 ? 4 + (i / 3073) : i * 31)).ToArray();
        Assert.Equal(records, CifarSheets.Records("sheet", Sheet(records), [0, 0, 4, 5], batch: 1));
        Assert.Throws<InvalidDataException>(() => CifarSheets.Records("sheet", Sheet(records), [4, 5, 6], batch: 1));
        Assert.Throws<InvalidDataException>(() => CifarSheets.Records("sheet", [1, 2, 3], [4, 5], batch: 0));
    }

    [Fact]
    public void The_cache_is_where_its_variable_says_else_under_the_users_cache_folder()
    {
        Assert.Equal(Path.GetFullPath("mine"), DataCache.From(name => name is "PRESAGE_DATA" ? "mine" : null).Folder);
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal("/c/presage", DataCache.From(name => name switch { "XDG_CACHE_HOME" => "/c", "HOME" => "/h", _ => null }).Folder);
            Assert.Equal("/h/.cache/presage", DataCache.From(name => name switch { "XDG_CACHE_HOME" => "c", "HOME" => "/h", _ => null }).Folder);
            var homeless = Assert.Throws<DataUnavailableException>(() => DataCache.From(_ => null));
            Assert.Contains("PRESAGE_DATA", homeless.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>A PNG picture, 1024 wide and one row a record, without a filter.</summary>
    private static byte[] Sheet(byte[] records)
    {
        var height = records.Length / 3073;
        using var rows = new MemoryStream();
        using (var zlib = new ZLibStream(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var row = 0; row < height; row++)
            {
                zlib.WriteByte(0);
                for (var i = 0; i < 3072; i++)
                {
                    zlib.WriteByte(records[(row * 3073) + 1 + (i % 3 * 1024) + (i / 3)]);
                }
            }
        }

        byte[] signature = [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A];
        var header = Chunk("IHDR", [0, 0, 4, 0, 0, 0, 0, (byte)height, 8, 2, 0, 0, 0]);
        return [.. signature, .. header, .. Chunk("IDAT", rows.ToArray()), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string type, byte[] content)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);

        // The checksum stays zero: the decoder does not look at it.
        return [.. length, .. Encoding.ASCII.GetBytes(type), .. content, 0, 0, 0, 0];
    }
}
