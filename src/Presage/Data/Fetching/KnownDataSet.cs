namespace Presage.Data.Fetching;

/// <summary>A file whose bytes are known beforehand.</summary>
/// <param name="Name">Its name in the cache, and wherever it is published.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Md5">MD5 of its bytes, lower case; null where only the archive that holds it has a published one.</param>
internal sealed record KnownFile(string Name, long Length, string? Md5);

/// <summary>A data set that can be fetched by name.</summary>
/// <param name="Name">The name users type.</param>
/// <param name="Files">Its files, raw and uncompressed, as they lie in the cache.</param>
/// <param name="Routes">Where the files can come from, tried in this order.</param>
/// <param name="Parse">Makes the data out of the verified bytes of each file, by name.</param>
/// <param name="ByHand">How one can get the files by hand: the end of a message.</param>
internal sealed record KnownDataSet(
    string Name,
    IReadOnlyList<KnownFile> Files,
    IReadOnlyList<FetchRoute> Routes,
    Func<IReadOnlyDictionary<string, byte[]>, ImageData> Parse,
    string ByHand);

/// <summary>How long to wait for others.</summary>
/// <param name="Connect">For a server to accept a connection.</param>
/// <param name="Silence">For a server's first or next bytes.</param>
/// <param name="Program">For another program to end.</param>
internal sealed record FetchLimits(TimeSpan Connect, TimeSpan Silence, TimeSpan Program)
{
    /// <summary>Short for a connection, so that a closed network fails quickly.</summary>
    public static FetchLimits Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(15));
}

/// <summary>What a route is asked to do.</summary>
/// <param name="Wanted">The files still missing.</param>
/// <param name="Cache">Where they go.</param>
/// <param name="Limits">How long to wait.</param>
/// <param name="Progress">Hears what is going on.</param>
internal sealed record FetchJob(IReadOnlyList<KnownFile> Wanted, CacheFolder Cache, FetchLimits Limits, IProgress<string>? Progress);

/// <summary>One way to get a data set's files.</summary>
internal abstract record FetchRoute
{
    /// <summary>The route in the words of a message.</summary>
    public abstract string Title { get; }

    /// <summary>Takes the wanted files into the cache, as many as it can; throws with the reason for the first that it cannot.</summary>
    public abstract Task FetchAsync(FetchJob job, CancellationToken cancellationToken);
}
