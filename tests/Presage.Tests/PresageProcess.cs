using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Presage.Tests;

/// <summary>The program as a process of its own.</summary>
internal static class PresageProcess
{
    public static (int Exit, string Output, string Error) Run(string folder, string[] arguments, params (string Name, string Value)[] environment)
    {
        using Process process = Start(folder, arguments, environment);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    public static Process Start(string folder, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "presage.dll"), .. arguments])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Asks for an orderly end. Not by SIGINT, which a test run in the background may have been told to ignore; both are handled alike.</summary>
    public static void Interrupt(Process process)
    {
        const int SigTerm = 15;
        Assert.Equal(0, Kill(process.Id, SigTerm));
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
