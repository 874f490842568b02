using System.Runtime.InteropServices;

namespace Presage.Cli;

/// <summary>Settings of libtorch, and of the C library below it, that are read from the environment when a process starts or first uses them.</summary>
internal static partial class LibTorch
{
    /// <summary>
    /// Has libtorch's threads spin only briefly before they sleep: by default they spin for milliseconds, which costs nothing on an idle machine and
    /// makes two programs on the same cores many times slower than one. And has it ask for large pages, since clearing small ones for each layer's
    /// tensors can take longer than computing them. Call it before TorchSharp is first used; what the user has set stays.
    /// </summary>
    public static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // .NET's own environment is a copy that native libraries do not see.
        _ = SetEnvironment("THP_MEM_ALLOC_ENABLE", "1", overwrite: 0);
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            _ = SetEnvironment("GOMP_SPINCOUNT", "1000", overwrite: 0);
        }
    }

    /// <summary>
    /// The environment of a process that computes on one thread, whichever of .NET's threads calls libtorch, and keeps freed memory for the next tensor:
    /// a step of document 001's Table 3 on 500 images took 3.8 s with the C library's defaults, 1.0 s with large pages and 0.7 s so.
    /// </summary>
    public static void PrepareWorker(IDictionary<string, string?> environment)
    {
        environment["OMP_NUM_THREADS"] = "1";
        environment["MALLOC_ARENA_MAX"] = "1";
        environment["MALLOC_MMAP_MAX_"] = "0";
        environment["MALLOC_TRIM_THRESHOLD_"] = "100000000000";
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
