using System.Diagnostics;
using Presage.Cli.Studies;
using Presage.Cli.Views;
using Presage.Runs;
using Spectre.Console;
using TorchSharp;

namespace Presage.Cli.Commands;

/// <summary>What every command that trains a network does: run it to its end in view, keep the run file, write the page, print how it ended.</summary>
internal static class TrainingRun
{
    /// <param name="command">The command's name.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="json">Whether to print one JSON document on standard output, and everything else on standard error.</param>
    /// <param name="cancellation">Brings it to an orderly end.</param>
    /// <returns>The program's exit code.</returns>
    public static async Task<int> RunAsync(string command, DiagnoseOptions options, bool json, CancellationToken cancellation)
    {
        var total = Stopwatch.StartNew();
        IDiagnoseView view = json || Console.IsOutputRedirected
            ? new PlainDiagnoseView(json ? Console.Error : Console.Out, options.Control)
            : new LiveDiagnoseView(AnsiConsole.Console, options.Control);
        torch.Device device = Devices.For(options.Device);
        var study = new DiagnoseStudy(options, await DiagnoseData.LoadAsync(options, view, cancellation), device, total);
        using RunFile file = options.Out is { } folder
            ? RunFile.Create(folder, study.Setup)
            : RunFile.CreateUnder("presage-runs", $"{command}-{study.Setup.Data}", study.Setup);
        try
        {
            Verdict verdict = view.During(study.Setup, () => study.Run(file, view, cancellation));
            file.Finish(RunStatus.Finished, null, verdict, study.Timing);
        }
        catch (Exception exception) when (exception is not IOException)
        {
            bool stopped = exception is OperationCanceledException;
            file.Finish(stopped ? RunStatus.Interrupted : RunStatus.Failed, stopped ? null : exception.Message, null, study.Timing);
            WriteReport(file.Folder);
            if (!stopped && exception is not NumericalException)
            {
                throw;
            }

            string what = stopped ? "Interrupted." : exception.Message + " Try a smaller --lr.";
            await Console.Error.WriteLineAsync($"presage: {what} The run up to there is kept in {file.Folder}.");
            return stopped ? ExitCode.Interrupted : ExitCode.Failure;
        }

        RunRecord run = WriteReport(file.Folder);
        if (json)
        {
            Console.WriteLine(DiagnoseDocument.Of(run, $"presage.{command}/1"));
        }
        else
        {
            VerdictView.Print(run, options.Control);
        }

        return ExitCode.Done;
    }

    private static RunRecord WriteReport(string folder)
    {
        RunRecord run = RunFile.Read(folder);
        ReportPage.Write(run, Path.Combine(folder, ReportPage.FileName));
        return run;
    }
}
