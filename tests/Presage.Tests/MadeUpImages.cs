using Presage.Cli.Reproductions;
using Presage.Data;

namespace Presage.Tests;

/// <summary>Images whose class is a bright band among noise, for trainings that last milliseconds.</summary>
internal static class MadeUpImages
{
    private const int Side = 16;

    /// <summary>As many training as test images, of classes in turn.</summary>
    public static ImageData Of(int count, int classes, int seed)
    {
        var random = new Presage.Numerics.SeededRandom(seed);
        return new ImageData("made-up", Part("made-up training"), Part("made-up test"));

        ImageSet Part(string name)
        {
            int[] labels = [.. Enumerable.Range(0, count).Select(i => i % classes)];
            byte[] pixels = [.. labels.SelectMany(label => Enumerable.Range(0, Side * Side).Select(p => (byte)(random.NextInt(100) + (p / Side % classes == label ? 120 : 0))))];
            return new ImageSet(name, 1, Side, Side, pixels, labels, classes);
        }
    }

    public static SettingWork Work(int seed = 1) => new(seed, null, _ => { }, CancellationToken.None);
}
