using System.CommandLine;

namespace Presage.Cli.Commands;

/// <summary><c>presage train</c>: trains a network, robustly where asked to, and shows how it does on training, corrupt and test examples.</summary>
internal static class TrainCommand
{
    private const string Name = "train";

    public static Command Make()
    {
        var options = new TrainingOptions();
        var control = new Option<bool>("--control") { Description = "Train a control with permuted labels beside it, as diagnose does" };
        var json = Ranges.Json();
        var command = new Command(Name, "Train a network by SGD or a robust relative of it, and say what it learned and which wrong labels it memorized");
        foreach (Option option in (Option[])[.. options.All, control, json])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellation) => TrainingRun.RunAsync(
            Name, options.Read(parsed) with { Control = parsed.GetValue(control) }, parsed.GetValue(json), cancellation));
        return command;
    }
}
