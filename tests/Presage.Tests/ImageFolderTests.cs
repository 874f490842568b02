using CsCheck;
using Presage.Data;
using Xunit;

namespace Presage.Tests;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TestFolder _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Parts_are_read_with_classes_in_the_order_of_their_names_and_planes_a_channel()
    {
        _test.Write("train/wren/a.png", PictureSamples.Png(2, 2, 10, 20, 30));
        _test.Write("train/auk/deep/b.PNG", PictureSamples.Png(2, 2, 40, 50, 60));
        _test.Write("train/auk/note.txt", [1]);
        _test.Write("val/wren/c.jpeg", PictureSamples.Jpeg(200));
        ImageData data = ImageFolder.Read(_test.Path, 2, seed: 1, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((Path.GetFileName(_test.Path), 3, 2, 2, 2), (data.Name, data.Train.Channels, data.Train.Height, data.Train.Width, data.Train.ClassCount));
        Assert.Equal([0, 1], data.Train.Labels);
        Assert.Equal([40, 40, 40, 40, 50, 50, 50, 50, 60, 60, 60, 60, 10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30], data.Train.Pixels);
        Assert.Equal([1], data.Test.Labels);
        Assert.All(data.Test.Pixels, pixel => Assert.Equal(200, pixel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(255)]
    public void A_grey_JPEG_has_its_level_in_all_three_channels(byte level)
    {
        _test.Write("train/a/a.jpg", PictureSamples.Jpeg(level));
        _test.Write("train/b/a.jpg", PictureSamples.Jpeg(level));
        _test.Write("test/a/a.jpg", PictureSamples.Jpeg(level));
        Assert.All(ImageFolder.Read(_test.Path, 8, 1, cancellationToken: TestContext.Current.CancellationToken).Train.Pixels, pixel => Assert.Equal(level, pixel));
    }

    [Fact]
    public void Without_parts_a_fifth_of_each_class_is_for_the_test_and_the_seed_alone_says_which()
    {
        PictureSamples.WriteFolder(_test.Path, 33, 3, 4);
        ImageData first = Read(1);
        Assert.Equal([9, 9, 9], first.Train.Labels.CountBy(label => label).OrderBy(each => each.Key).Select(each => each.Value));
        Assert.Equal([2, 2, 2], first.Test.Labels.CountBy(label => label).OrderBy(each => each.Key).Select(each => each.Value));
        Assert.Equal(first.Test.Pixels, Read(1).Test.Pixels);
        Assert.NotEqual(first.Test.Pixels, Read(2).Test.Pixels);

        // All images differ, and each is in one part.
        string[] all = [.. Images(first.Train), .. Images(first.Test)];
        Assert.Equal(33, all.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(all.Order(StringComparer.Ordinal), Images(Read(2).Train).Concat(Images(Read(2).Test)).Order(StringComparer.Ordinal));

        ImageData Read(int seed) => ImageFolder.Read(_test.Path, 4, seed, cancellationToken: TestContext.Current.CancellationToken);
        static IEnumerable<string> Images(ImageSet set) => set.Pixels.Chunk(48).Select(Convert.ToHexString);
    }

    [Fact]
    public void Images_have_the_names_of_their_classes_and_files_and_their_places()
    {
        PictureSamples.WriteFolder(_test.Path, 12, 3, 4);
        ImageSet all = Read(null).Train;
        Assert.Equal(Directory.GetDirectories(_test.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal), all.ClassNames);
        Assert.Equal(Enumerable.Range(0, all.Count), all.Places);
        Assert.All(all.Files!.Zip(all.Labels), each => Assert.Equal(all.ClassNames[each.Second], each.First.Split('/')[0]));
        Assert.All(all.Files!, file => Assert.True(File.Exists(Path.Combine(_test.Path, file))));

        // Those that are not chosen are not opened: they may be damaged.
        ImageSet some = Read(4).Train;
        Assert.Equal(4, some.Count);
        Assert.Equal(some.Places.Select(place => all.Files![place]), some.Files);
        Assert.Equal(some.Places.Select(place => all.Labels[place]), some.Labels);
        Assert.Equal(some.Places.SelectMany(place => all.Pixels[(place * 48)..((place + 1) * 48)]), some.Pixels);
        foreach (string file in all.Files!.Except(some.Files!))
        {
            _test.Write(file, [1, 2, 3]);
        }

        Assert.Equal(some.Pixels, Read(4).Train.Pixels);
        Assert.Throws<InvalidDataException>(() => Read(null));

        // A choice of a choice keeps them.
        ImageSet chosen = Sampling.Choose(some, 3, 7);
        Assert.Equal(chosen.Places.Select(place => all.Files![place]), chosen.Files);
        Assert.Equal(some.ClassNames, chosen.ClassNames);

        ImageData Read(int? most) => ImageFolder.Read(_test.Path, 4, 1, most, cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public void An_image_is_cut_to_its_middle_square_and_a_pixel_is_the_average_of_what_it_covers()
    {
        // A row of red levels: 9 | 0 10 20 30 | 9 in each of four rows, the square's columns 1 to 4.
        byte[] row = [9, 0, 10, 20, 30, 9];
        byte[] pixels = [.. Enumerable.Range(0, 24).SelectMany(i => (byte[])[row[i % 6], (byte)(i / 6), 7])];
        Assert.Equal([5, 25, 5, 25, 1, 1, 3, 3, 7, 7, 7, 7], Scaled(6, pixels, 2));

        // Pixels 4/3 wide cover 1 and 1/3 of a source pixel, or 2/3 and 2/3.
        Assert.Equal([3, 15, 28], Scaled(6, pixels, 3)[..3]);
        Assert.Equal([0, 0, 10, 10, 20, 20, 30, 30], Scaled(6, pixels, 8)[..8]);
    }

    [Fact]
    public void An_image_of_one_colour_stays_so_at_any_size() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 12], Gen.Int[1, 9], Gen.Byte).Sample((width, height, side, level) =>
        {
            byte[] scaled = Scaled(width, [.. Enumerable.Repeat(level, 3 * width * height)], side);
            return scaled.Length == 3 * side * side && scaled.All(pixel => pixel == level);
        });

    [Theory]
    [InlineData("neither", "train/a/a.png", "train/b/a.png")]
    [InlineData("at least two folders of images, one a class, in", "train/a/a.png", "val/a/a.png")]
    [InlineData("val, but there are none", "train/a/a.png", "train/b/a.png", "val/a.png")]
    [InlineData("'c' is none of them", "train/a/a.png", "train/b/a.png", "val/a/a.png", "val/b/a.png", "val/c/a.png")]
    [InlineData("at least 1 image (.png, .jpg or .jpeg)", "train/a/a.png", "train/b/a.gif", "val/a/a.png", "val/b/a.png")]
    [InlineData("at least 2 images (.png, .jpg or .jpeg)", "a/1.png", "a/2.png", "b/1.png")]
    [InlineData("expected a PNG or JPEG image", "a/1.png", "a/2.png", "b/1.png", "b/broken.png")]
    public void A_folder_of_another_layout_is_refused(string expected, params string[] files)
    {
        foreach (string file in files)
        {
            _test.Write(file, file.Contains("broken", StringComparison.Ordinal) ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : PictureSamples.Png(1, 1, 1, 2, 3));
        }

        string message = Assert.Throws<InvalidDataException>(() => ImageFolder.Read(_test.Path, 4, 1, cancellationToken: TestContext.Current.CancellationToken)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_cut_anywhere_is_refused_or_read_but_never_a_crash()
    {
        byte[] whole = PictureSamples.Png(4, 4, 1, 2, 3);
        for (int length = 0; length < whole.Length - 16; length++)
        {
            _test.Write("a/1.png", whole);
            _test.Write("a/2.png", whole);
            _test.Write("b/1.png", whole);
            _test.Write("b/2.png", whole[..length]);
            Assert.Throws<InvalidDataException>(() => ImageFolder.Read(_test.Path, 4, 1, cancellationToken: TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void More_images_than_fit_are_refused_before_any_is_read()
    {
        PictureSamples.WriteFolder(_test.Path, 4, 2, 1);
        string message = Assert.Throws<InvalidDataException>(() => ImageFolder.Read(_test.Path, 26_000, 1, cancellationToken: TestContext.Current.CancellationToken)).Message;
        Assert.Contains("expected at most 1 images of 26000x26000 pixels", message, StringComparison.Ordinal);
    }

    private byte[] Scaled(int width, byte[] pixels, int side)
    {
        using var folder = new TestFolder();
        byte[] png = PictureSamples.Png(width, pixels);
        foreach (string file in (string[])["train/a/1.png", "train/b/1.png", "val/a/1.png"])
        {
            folder.Write(file, png);
        }

        return ImageFolder.Read(folder.Path, side, 1, cancellationToken: TestContext.Current.CancellationToken).Test.Pixels;
    }
}
