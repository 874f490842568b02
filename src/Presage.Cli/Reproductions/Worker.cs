using System.Globalization;
using Presage.Data;

namespace Presage.Cli.Reproductions;

/// <summary>The process that measures settings for <see cref="Workers"/>.</summary>
internal static class Worker
{
    /// <summary>A worker's part: measures what it is told to, until there is no more.</summary>
    public static async Task<int> WorkAsync(SettingLoop loop, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            Task<string?> line = Read();
            while (await line is { } name)
            {
                line = Read();
                double shown = 0;
                double seconds = await loop.MeasureAsync(
                    name,
                    share =>
                    {
                        if (share - shown >= 0.01)
                        {
                            shown = share;
                            Write(Workers.Progress, name, share.ToString(CultureInfo.InvariantCulture));
                        }
                    },
                    stop.Token);
                Write(Workers.Kept, name, seconds.ToString(CultureInfo.InvariantCulture));
            }

            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (NumericalException exception)
        {
            Write(Workers.Numerical, exception.Message.ReplaceLineEndings(" "));
            return ExitCode.Failure;
        }
        catch (Exception exception) when (exception is BadInputException or DataUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Write(Workers.BadInput, exception.Message.ReplaceLineEndings(" "));
            return ExitCode.BadInput;
        }

        // The line after the one that is worked on: it comes when this one is done, and the end of the input while it is being worked on means stop.
        Task<string?> Read() => Task.Run(() =>
        {
            string? next = Console.In.ReadLine();
            if (next is null)
            {
                stop.Cancel();
            }

            return next;
        });

        static void Write(params string[] words) => Console.Out.WriteLine(string.Join('\t', words));
    }
}
