using CsCheck;
using Presage.Data;
using Xunit;

namespace Presage.Tests;

public class DataFileTests
{
    [Fact]
    public void Images_written_raw_or_gzipped_under_any_name_are_read_back() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 4], Gen.Int[1, 6], Gen.Int[1, 6], Gen.Bool, Gen.Bool).Sample((n, c, h, w, withChannels, gzip) =>
        {
            using var folder = new TestFolder();
            var channels = withChannels ? c : 1;
            var pixels = Enumerable.Range(0, n * channels * h * w).Select(i => (byte)(i * 7)).ToArray();
            var raw = withChannels
                ? DataSamples.Idx(0x804, [(uint)n, (uint)c, (uint)h, (uint)w], pixels)
                : DataSamples.Idx(0x803, [(uint)n, (uint)h, (uint)w], pixels);
            var images = IdxReader.ReadImages(folder.Write(gzip ? "images" : "images.gz", gzip ? DataSamples.Gz(raw) : raw));
            return (images.Count, images.Channels, images.Height, images.Width) == (n, channels, h, w) && images.Pixels.SequenceEqual(pixels);
        }, iter: 50);

    [Theory]
    [InlineData(false, -1)]
    [InlineData(false, 1)]
    [InlineData(true, -1)]
    [InlineData(true, 1)]
    public void A_file_shorter_or_longer_than_its_header_says_is_refused(bool gzip, int difference)
    {
        var raw = DataSamples.Images(3, 4, 5);
        var bytes = difference < 0 ? raw[..^1] : [.. raw, 0];
        AssertRefused(gzip ? DataSamples.Gz(bytes) : bytes, "expected 60 bytes of images");
    }

    [Fact]
    public void A_gzip_file_cut_anywhere_is_refused()
    {
        var gzip = DataSamples.Gz(DataSamples.Images(30, 8, 8));
        for (var length = 2; length < gzip.Length - 8; length += 7)
        {
            AssertRefused(gzip[..length], "expected");
        }
    }

    [Theory]
    [InlineData(0x801, 60)]
    [InlineData(0x805, 60)]
    [InlineData(0xD03, 60)]
    [InlineData(0x01000803, 60)]
    public void Another_magic_number_is_refused(uint magic, int values) =>
        AssertRefused(
            DataSamples.Idx(magic, [3, 4, 5], new byte[values]),
            $"expected the magic number 0x00000803 or 0x00000804 of IDX images, but found 0x{magic:X8}");

    [Theory]
    [InlineData(uint.MaxValue, uint.MaxValue, uint.MaxValue)]
    [InlineData(1u << 31, 2, 1)]
    [InlineData(1u << 16, 1u << 16, 1)]
    [InlineData(0, 4, 5)]
    [InlineData(3, 0, 5)]
    public void A_header_whose_product_overflows_or_is_zero_is_refused(uint n, uint h, uint w) =>
        AssertRefused(DataSamples.Idx(0x803, [n, h, w], new byte[60]), "but the header states");

    [Fact]
    public void A_header_that_claims_two_gigabytes_costs_no_more_memory_than_the_file()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(DataSamples.Gz(DataSamples.Idx(0x803, [2000, 1000, 1000], new byte[60])), "but there are only 60");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void Every_file_that_is_not_IDX_is_refused() =>
        Gen.Byte.Array[0, 40].Sample(bytes => AssertRefused(bytes, "expected"), iter: 300);

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 100)]
    public void Cifar_records_keep_their_planes_and_their_last_label(int labelBytes, int classCount)
    {
        using var folder = new TestFolder();
        byte[] Record(int label) =>
            [.. Enumerable.Repeat((byte)1, labelBytes - 1), (byte)label, .. Enumerable.Range(0, 3072).Select(i => (byte)(i + label))];
        var first = folder.Write("a.bin", [.. Record(3), .. Record(0)]);
        var second = folder.Write("b.bin", Record(classCount - 1));
        var images = labelBytes == 1 ? CifarReader.ReadCifar10("c", first, second) : CifarReader.ReadCifar100("c", first, second);
        Assert.Equal([3, 0, classCount - 1], images.Labels);
        Assert.Equal((3, 32, 32, classCount), (images.Channels, images.Height, images.Width, images.ClassCount));
        Assert.Equal([.. Record(3)[labelBytes..], .. Record(0)[labelBytes..], .. Record(classCount - 1)[labelBytes..]], images.Pixels);
    }

    [Fact]
    public void Cifar_labels_out_of_range_and_partial_records_are_refused()
    {
        using var folder = new TestFolder();
        var badLabel = folder.Write("label.bin", [10, .. new byte[3072]]);
        var refusal = Assert.Throws<InvalidDataException>(() => CifarReader.ReadCifar10("c", badLabel));
        Assert.Contains("label.bin: expected labels in 0..9, but record 0 has 10", refusal.Message, StringComparison.Ordinal);
        foreach (var length in new[] { 0, 3072, 3074, 2 * 3073 - 1 })
        {
            var partial = folder.Write("partial.bin", new byte[length]);
            refusal = Assert.Throws<InvalidDataException>(() => CifarReader.ReadCifar10("c", partial));
            Assert.Contains($"but there are {length} bytes", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte", false)]
    [InlineData("train-images-idx3-ubyte.gz", true)]
    [InlineData("train-images.idx3-ubyte", false)]
    [InlineData("train-images.idx3-ubyte.gz", true)]
    public void A_folder_is_read_in_every_spelling_and_named_after_itself(string spelling, bool gzip)
    {
        using var folder = new TestFolder();
        WriteFolder(folder, "mine", spelling, gzip);
        var data = DataFolder.Read(Path.Combine(folder.Path, "mine") + Path.DirectorySeparatorChar);
        Assert.Equal(("mine", 3, 1, 6, 6), (data.Name, data.Train.Count, data.Test.Count, data.Train.ClassCount, data.Test.ClassCount));
        Assert.Equal([0, 2, 1], data.Train.Labels);
    }

    [Fact]
    public void A_missing_file_or_folder_is_named()
    {
        using var folder = new TestFolder();
        WriteFolder(folder, "mine", "train-images-idx3-ubyte", gzip: false);
        var path = Path.Combine(folder.Path, "mine");
        File.Delete(Path.Combine(path, "t10k-labels-idx1-ubyte"));
        var message = Assert.Throws<FileNotFoundException>(() => DataFolder.Read(path)).Message;
        Assert.Contains("t10k-labels-idx1-ubyte", message, StringComparison.Ordinal);
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => DataFolder.Read(path + "-not"));
    }

    [Fact]
    public void Labels_that_do_not_match_the_images_and_parts_of_different_shape_are_refused()
    {
        using var folder = new TestFolder();
        WriteFolder(folder, "mine", "train-images-idx3-ubyte", gzip: false);
        var path = Path.Combine(folder.Path, "mine");
        folder.Write("mine/t10k-labels-idx1-ubyte", DataSamples.Labels(1, 2));
        Assert.Contains("expected 1 labels", Assert.Throws<InvalidDataException>(() => DataFolder.Read(path)).Message, StringComparison.Ordinal);
        folder.Write("mine/t10k-labels-idx1-ubyte", DataSamples.Labels(1));
        folder.Write("mine/t10k-images-idx3-ubyte", DataSamples.Images(1, 2, 3));
        Assert.Contains("shape", Assert.Throws<InvalidDataException>(() => DataFolder.Read(path)).Message, StringComparison.Ordinal);
    }

    private static void WriteFolder(TestFolder folder, string name, string trainImages, bool gzip)
    {
        var images = DataSamples.Images(3, 2, 2);
        folder.Write($"{name}/{trainImages}", gzip ? DataSamples.Gz(images) : images);
        folder.Write($"{name}/train-labels-idx1-ubyte", DataSamples.Labels(0, 2, 1));
        folder.Write($"{name}/t10k-images-idx3-ubyte", DataSamples.Images(1, 2, 2));
        folder.Write($"{name}/t10k-labels-idx1-ubyte", DataSamples.Labels(5));
    }

    private static void AssertRefused(byte[] bytes, string reason)
    {
        using var file = new MemoryStream(bytes);
        var message = Assert.Throws<InvalidDataException>(() => IdxReader.ReadImages(file, "file-7")).Message;
        Assert.StartsWith("file-7: ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }
}
