using System.CommandLine;

namespace Presage.Cli.Commands;

/// <summary><c>presage diagnose</c>: trains, measures, compares with a control, and says what was seen.</summary>
internal static class DiagnoseCommand
{
    private const string Name = "diagnose";

    public static Command Make()
    {
        var options = new TrainingOptions();
        var noControl = new Option<bool>("--no-control") { Description = "Leave out the control with permuted labels; the verdict then abstains" };
        var json = Ranges.Json();
        var command = new Command(Name, "Train a network, measure every example's gradient on the way, and say whether it learns or memorizes");
        foreach (Option option in (Option[])[.. options.All, noControl, json])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellation) => TrainingRun.RunAsync(
            Name, options.Read(parsed) with { Control = !parsed.GetValue(noControl) }, parsed.GetValue(json), cancellation));
        return command;
    }
}
