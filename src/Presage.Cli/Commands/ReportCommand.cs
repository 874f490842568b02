using System.CommandLine;
using Presage.Runs;

namespace Presage.Cli.Commands;

/// <summary><c>presage report RUN</c>: makes the report page anew from the run file alone.</summary>
internal static class ReportCommand
{
    public static Command Make()
    {
        var run = new Argument<string>("RUN") { Description = "A run folder" };
        var command = new Command("report", "Rebuild a run's report page from its run file") { run };
        command.SetAction(parsed =>
        {
            RunRecord record = RunFile.Read(parsed.GetValue(run)!);
            if (record.Series.Count == 0 && record.Examples is { Count: > 0 })
            {
                throw new BadInputException(
                    $"The run in {record.Folder} holds records of examples and no measured points: its page shows images, which a run file does not keep, and was written when it was run.");
            }

            string page = Path.Combine(record.Folder, ReportPage.FileName);
            ReportPage.Write(record, page);
            Console.WriteLine(page);
            return ExitCode.Done;
        });
        return command;
    }
}
