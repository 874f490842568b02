using System.Globalization;

namespace Presage.Bench;

/// <summary>Resident memory of this process.</summary>
internal static class ProcessMemory
{
    /// <summary>Peak of resident memory during an action, bytes; null where the system does not tell.</summary>
    public static double? Peak(Action action) => Measure(action)?.Peak;

    /// <summary>The same beyond what was resident before.</summary>
    public static double? PeakBeyond(Action action) => Measure(action) is var (before, peak) ? peak - before : null;

    // Linux keeps the peak of resident memory and lets it be reset.
    private static (double Before, double Peak)? Measure(Action action)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        File.WriteAllText("/proc/self/clear_refs", "5");
        double before = Status("VmRSS:");
        action();
        return (before, Status("VmHWM:"));
    }

    private static double Status(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', '\t', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
