using System.Runtime.InteropServices;

namespace Presage.Cli;

/// <summary>How libtorch's threads wait for one another.</summary>
internal static partial class Threads
{
    /// <summary>
    /// Has libtorch's threads spin only briefly before they sleep. By default they spin for milliseconds, which costs nothing on an idle machine and
    /// makes two programs on the same cores many times slower than one. Call it before TorchSharp is first used; what the user has set stays.
    /// </summary>
    public static void SpinBriefly()
    {
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            // .NET's own environment is a copy that native libraries do not see.
            _ = SetEnvironment("GOMP_SPINCOUNT", "1000", overwrite: 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
