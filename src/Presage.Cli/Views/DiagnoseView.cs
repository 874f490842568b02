using System.Diagnostics;
using Presage.Cli.Studies;
using Presage.Runs;
using Spectre.Console;
using static System.FormattableString;

namespace Presage.Cli.Views;

/// <summary>Shows a diagnosis while it runs.</summary>
internal interface IDiagnoseView : IDiagnoseObserver, IProgress<string>
{
    /// <summary>Runs the work with the view on.</summary>
    T During<T>(RunSetup setup, Func<T> work);
}

/// <summary>Lines of text, for pipes and logs.</summary>
internal sealed class PlainDiagnoseView(TextWriter writer, bool hasControl) : IDiagnoseView
{
    public void Report(string value) => writer.WriteLine(value);

    public T During<T>(RunSetup setup, Func<T> work)
    {
        writer.WriteLine(Captions.Setup(setup));
        writer.WriteLine(Captions.Columns(setup, hasControl));
        return work();
    }

    public void OnProgress(DiagnoseProgress progress)
    {
    }

    public void OnPoint(string series, MeasuringPoint point)
    {
        string[] cells = Captions.Cells(point);
        string corrupt = Captions.Corrupt(point) is [var memorized, var pristine] ? $"  corrupt {memorized,6}, pristine {pristine,6}" : "";
        writer.WriteLine(Invariant($"{series,-7} step {point.Step,6}  epoch {point.Epoch,7:0.00}  loss {cells[0],7}  accuracy {cells[1],13}  coherence {cells[2],6} {cells[3]}  normalized {cells[4],10}{corrupt}"));
    }
}

/// <summary>A table that grows in the terminal, with a progress line and a time estimate under it.</summary>
internal sealed class LiveDiagnoseView(IAnsiConsole console, bool hasControl) : IDiagnoseView
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch _running = new();
    private readonly Table _table = new() { Border = TableBorder.Rounded };
    private readonly Dictionary<long, int> _rowOfStep = [];
    private TimeSpan _refreshed;
    private LiveDisplayContext? _context;
    private string[] _columns = [];

    public void Report(string value) => console.MarkupLineInterpolated($"[grey]{value}[/]");

    public T During<T>(RunSetup setup, Func<T> work)
    {
        console.WriteLine(Captions.Setup(setup));
        console.MarkupLineInterpolated($"[grey]{Captions.Columns(setup, hasControl)}[/]");
        _columns = ["loss", "accuracy", "coherence", "95 %", "normalized", .. setup.HasCorruptExamples ? ["corrupt", "pristine"] : Array.Empty<string>()];
        string[] control = hasControl ? ["control loss", "accuracy", "coherence", "95 %", "normalized"] : [];
        foreach (string column in (string[])["step", "epoch", .. _columns, .. control])
        {
            _table.AddColumn(new TableColumn(column).RightAligned());
        }

        _running.Start();
        return console.Live(_table).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Top).Start(context =>
        {
            _context = context;
            T result = work();
            _table.Caption = null;
            context.Refresh();
            return result;
        });
    }

    public void OnProgress(DiagnoseProgress progress)
    {
        if (_running.Elapsed - _refreshed < RefreshInterval)
        {
            return;
        }

        _refreshed = _running.Elapsed;
        string left = progress.Share > 0.02
            ? Invariant($", about {_running.Elapsed.TotalSeconds * (1 - progress.Share) / progress.Share:0} s left")
            : "";
        _table.Caption(Invariant($"{progress.Series}: step {progress.Step:N0}, {progress.Share:P0} done{left}"));
        _context?.Refresh();
    }

    public void OnPoint(string series, MeasuringPoint point)
    {
        bool real = string.Equals(series, DiagnoseStudy.Real, StringComparison.Ordinal);
        if (!_rowOfStep.TryGetValue(point.Step, out int row))
        {
            row = _rowOfStep[point.Step] = _table.Rows.Count;
            _table.AddRow([Invariant($"{point.Step:N0}"), Invariant($"{point.Epoch:0.00}"), .. Enumerable.Repeat("", _table.Columns.Count - 2)]);
        }

        string[] cells = [.. Captions.Cells(point), .. Captions.Corrupt(point)];
        for (int i = 0; i < cells.Length; i++)
        {
            _table.UpdateCell(row, i + (real ? 2 : 2 + _columns.Length), real ? new Text(cells[i]) : new Text(cells[i], new Style(Color.Grey)));
        }

        _context?.Refresh();
    }
}

/// <summary>The words and numbers that both views share.</summary>
internal static class Captions
{
    public static string Setup(RunSetup s)
    {
        string batch = s.Batch == s.TrainExamples ? "full-batch gradient descent" : Invariant($"batches of {s.Batch}");
        string noise = s.LabelNoise is { Requested: > 0 } asked
            ? Invariant($"; label noise {asked.Requested:P0} asked, {asked.RealizedWrongShare:P1} of the labels wrong")
            : "";
        string images = s.ImageNoise > 0 ? Invariant($"; {s.ImageNoise:P0} of the images replaced by noise") : "";
        string optimizer = s.Optimizer is { } rule ? $", {rule.InWords}" : "";
        return Invariant(
            $"{s.Model} ({s.Parameters:N0} parameters) on {s.Data}: {s.TrainExamples:N0} training and {s.TestExamples:N0} test examples, {s.Epochs} epochs, {batch}{optimizer}, learning rate {s.LearningRate}, seed {s.Seed}{noise}{images}");
    }

    public static string Columns(RunSetup s, bool hasControl) => Invariant(
        $"loss: training, {s.Loss}; accuracy: training/test; coherence: how many of {s.ProbeExamples:N0} examples one helps (1 = only itself), with its 95 % interval; normalized: training loss of the network divided by its layers' norms, minus ln K")
        + (s.HasCorruptExamples ? "; corrupt: share of the training examples made wrong on purpose that are given the label they were trained with, pristine: of the others" : "")
        + (hasControl ? "; control: permuted labels" : "");

    /// <summary>What is memorized of the corrupt examples and answered right of the pristine ones; empty where there are no corrupt ones.</summary>
    public static string[] Corrupt(MeasuringPoint point) => point.Corrupt is { } corrupt
        ? [Invariant($"{corrupt.Memorized:P1}"), corrupt.PristineAccuracy is { } pristine ? Invariant($"{pristine:P1}") : "-"]
        : [];

    public static string[] Cells(MeasuringPoint point) =>
    [
        Invariant($"{point.TrainLoss:0.0000}"),
        point.TrainAccuracy is { } train && point.TestAccuracy is { } test ? Invariant($"{train:P1}/{test:P1}") : "-",
        Invariant($"{point.Network.Coherence.OverOrthogonal:0.0}"),
        point.Network.Coherence.Ci95 is { } ci ? Invariant($"{ci.Low:0.0} to {ci.High:0.0}") : "-",
        point.NormalizedTrainExcess is { } excess ? Invariant($"{excess:0.000e+0}") : "-",
    ];
}
