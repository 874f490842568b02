using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Presage.Cli.Commands;
using Presage.Data;

namespace Presage.Cli;

internal static partial class Program
{
    private static async Task<int> Main(string[] args)
    {
        LibTorch.Prepare();
        using var cancellation = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = StopOn(PosixSignal.SIGINT, cancellation);
        using PosixSignalRegistration terminate = StopOn(PosixSignal.SIGTERM, cancellation);
        return await RunAsync(args, cancellation.Token);
    }

    /// <summary>Runs the program in this process; returns its exit code.</summary>
    internal static async Task<int> RunAsync(string[] args, CancellationToken cancellation)
    {
        var root = new RootCommand("Tells from the training data alone whether a neural network is learning or memorizing, and why.")
        {
            DiagnoseCommand.Make(),
            TrainCommand.Make(),
            LabelsCommand.Make(),
            NormsCommand.Make(),
            ForecastCommand.Make(),
            PhaseCommand.Make(),
            KernelCommand.Make(),
            TrainabilityCommand.Make(),
            JudgeCommand.Make(),
            ZooCommand.Make(),
            ReportCommand.Make(),
            ReproduceCommand.Make(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return BadInput(parsed.Errors[0].Message);
        }

        try
        {
            // Signals are handled here, without a time limit: a run is brought to an orderly end however long that takes.
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("presage: Interrupted.");
            return ExitCode.Interrupted;
        }
        catch (NumericalException exception)
        {
            await Console.Error.WriteLineAsync("presage: " + exception.Message);
            return ExitCode.Failure;
        }
        catch (Exception exception) when (exception is BadInputException or DataUnavailableException or InvalidDataException or IOException
            or UnauthorizedAccessException)
        {
            return BadInput(exception.Message);
        }
#pragma warning disable CA1031 // The last resort: a sentence instead of a stack trace.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync($"presage: unexpected failure, please report it: {exception.GetType().Name}: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    private static int BadInput(string message)
    {
        Console.Error.WriteLine("presage: " + ParameterName().Replace(message, ""));
        return ExitCode.BadInput;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource cancellation) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            // The first signal asks for an orderly end, a second one ends at once.
            context.Cancel = !cancellation.IsCancellationRequested;
            cancellation.Cancel();
        });

    // ArgumentException adds the parameter's name, which means nothing to the user of a program.
    [GeneratedRegex(@" \(Parameter '\w+'\)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ParameterName();
}
