using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;
using Presage.Gradients;
using Xunit;
using static Presage.Tests.GradientSamples;

namespace Presage.Tests;

public class GradientStatisticsFileTests
{
    private const int HashLength = 32;

    /// <summary>Statistics of any shape and any bits; only the lengths belong together.</summary>
    private static readonly Gen<GradientStatistics> Any = Gen.Int[0, 5].SelectMany(m => Gen.Select(
        Layer(m).Array[1, 3], Gen.Double.Array[m], Gen.Int[1, 9], (layers, losses, b) => new GradientStatistics(layers, losses, b)));

    [Fact]
    public void What_is_loaded_is_what_was_saved_to_the_bit() => Any.Sample(statistics =>
    {
        byte[] saved = Saved(statistics);
        GradientStatistics loaded = GradientStatistics.Load(new MemoryStream(saved));
        Assert.Equal(saved, Saved(loaded));
        Assert.Equal(statistics.Losses, loaded.Losses);
        Assert.Equal(statistics.ExamplesPerGradient, loaded.ExamplesPerGradient);
        foreach (var (left, right) in statistics.Layers.Zip(loaded.Layers))
        {
            Assert.Equal((left.Name, left.Parameters.Count), (right.Name, right.Parameters.Count));
            Assert.Equal(left.SquaredNorms, right.SquaredNorms);
            Assert.Equal(left.InnerProducts, right.InnerProducts);
            Assert.All(left.Parameters.Zip(right.Parameters), p => Assert.Equivalent(p.First, p.Second, strict: true));
        }
    });

    [Fact]
    public void Arrays_longer_than_a_block_and_streams_that_cannot_seek_are_read()
    {
        double[] values = [.. Enumerable.Range(0, 40_000).Select(i => Math.Sin(i))];
        GradientStatistics statistics = Statistics([values, values]);
        using var stream = new BufferedStream(new OneWayStream(Saved(statistics)));
        Assert.Equal(Saved(statistics), Saved(GradientStatistics.Load(stream)));
    }

    [Fact]
    public void A_changed_byte_is_found() => Gen.Select(Any.Select(Saved), Gen.Int[0, 1 << 30], Gen.Byte[1, 255]).Sample((saved, place, change) =>
    {
        saved[place % saved.Length] ^= change;
        Assert.Throws<InvalidDataException>(() => GradientStatistics.Load(new MemoryStream(saved)));
    });

    [Fact]
    public void A_file_cut_off_anywhere_is_refused() => Gen.Select(Any.Select(Saved), Gen.Int[0, 1 << 30]).Sample((saved, length) =>
        Assert.Throws<InvalidDataException>(() => GradientStatistics.Load(new MemoryStream(saved[..(length % saved.Length)]))));

    [Fact]
    public void Whatever_stands_behind_a_right_checksum_is_loaded_or_refused() =>
        Gen.Select(Any.Select(Saved), Gen.Select(Gen.Int[0, 1 << 30], Gen.Byte).Array[1, 8]).Sample((saved, changes) =>
        {
            foreach (var (place, value) in changes)
            {
                saved[place % (saved.Length - HashLength)] = value;
            }

            SHA256.HashData(saved.AsSpan(..^HashLength), saved.AsSpan(^HashLength..));
            if (Record.Exception(() => GradientStatistics.Load(new MemoryStream(saved))) is { } exception)
            {
                Assert.IsType<InvalidDataException>(exception);
            }
        });

    [Fact]
    public void A_length_that_is_not_there_allocates_nothing_for_it()
    {
        byte[] saved = Saved(Statistics([[1, 2], [3, 4]]));
        int fields = saved.Length - HashLength - sizeof(int);
        Assert.All(Enumerable.Range(12, fields - 12), place =>
        {
            byte[] hostile = [.. saved];
            BinaryPrimitives.WriteInt32LittleEndian(hostile.AsSpan(place), int.MaxValue);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Record.Exception(() => GradientStatistics.Load(new MemoryStream(hostile)));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        });
    }

    [Fact]
    public void Each_complaint_is_one_sentence()
    {
        byte[] saved = Saved(Statistics([[1, 2], [3, 4]]));
        AssertRefused("do not begin with their mark", [.. "not statistics"u8]);
        AssertRefused("do not begin with their mark", []);
        AssertRefused("are cut off", saved[..11]);
        byte[] newer = [.. saved];
        newer[8] = 2;
        AssertRefused("are of version 2, and this program reads version 1", newer);
    }

    [Fact]
    public void A_file_is_complete_or_what_it_was_before()
    {
        using var folder = new TestFolder();
        string path = Path.Combine(folder.Path, "gradients.bin");
        GradientStatistics first = Statistics([[1, 2], [3, 4]]);
        first.Save(path);
        Assert.Equal(Saved(first), File.ReadAllBytes(path));

        GradientStatistics broken = first with { Layers = [first.Layers[0], null!] };
        Assert.ThrowsAny<Exception>(() => broken.Save(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
        Assert.Equal(Saved(first), Saved(GradientStatistics.Load(path)));
        Assert.ThrowsAny<IOException>(() => first.Save(Path.Combine(folder.Path, "missing", "gradients.bin")));

        File.WriteAllBytes(path, [.. Saved(first), 0]);
        Assert.Contains("1 bytes follow", Assert.Throws<InvalidDataException>(() => GradientStatistics.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_saved_to_one_stream_are_loaded_one_after_another()
    {
        using var stream = new MemoryStream();
        Statistics([[1, 2]]).Save(stream);
        Statistics([[3, 4], [5, 6]]).Save(stream);
        stream.Position = 0;
        Assert.Equal([1, 2], new[] { GradientStatistics.Load(stream), GradientStatistics.Load(stream) }.Select(s => s.Gradients));
    }

    private static Gen<LayerStatistics> Layer(int m) => Gen.Select(
        Gen.String, Parameter.Array[0, 3], Gen.Double.Array[m], Gen.Double.Array[m], Gen.Bool, (name, parameters, norms, products, known) =>
            new LayerStatistics(Valid(name), parameters, norms, known ? products : null));

    private static Gen<ParameterStatistics> Parameter => Gen.Long[0, 3].Array[0, 3].SelectMany(shape =>
    {
        int count = (int)shape.Aggregate(1L, (a, b) => a * b);
        return Gen.Select(Gen.String, Gen.Double.Array[count], Gen.Double.Array[count], Gen.Int.Array[count], Gen.Bool, (name, sum, squares, signs, known) =>
            new ParameterStatistics(Valid(name), shape, sum, squares, known ? signs : null));
    });

    // A half of a surrogate pair is no text.
    private static string Valid(string text) => string.Concat(text.Where(c => !char.IsSurrogate(c))) + " θ𝛼";

    private static byte[] Saved(GradientStatistics statistics)
    {
        using var stream = new MemoryStream();
        statistics.Save(stream);
        return stream.ToArray();
    }

    private static void AssertRefused(string complaint, byte[] bytes) => Assert.Contains(
        complaint, Assert.Throws<InvalidDataException>(() => GradientStatistics.Load(new MemoryStream(bytes))).Message, StringComparison.Ordinal);

    private sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
