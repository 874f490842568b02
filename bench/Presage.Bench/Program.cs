using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Presage.Bench;

var json = new Option<bool>("--json") { Description = "The document on stdout, everything else on stderr." };
var peer = new Option<bool>("--peer") { Description = "Also times functorch (Debian's python3-torch) beside it, where that is installed." };
var seconds = new Option<double>("--seconds") { Description = "Time for each case, in seconds.", DefaultValueFactory = _ => 10 };
var only = new Option<string[]>("--case") { Description = $"Only these cases: {string.Join(", ", Cases.All.Select(c => c.Name))}." };
var ratios = new Command("ratios", "What the moments of per-example gradients cost beside a plain training step, medians of interleaved runs.") { json, peer, seconds, only };
ratios.SetAction(result =>
{
    string[] names = result.GetValue(only) ?? [];
    if (names.FirstOrDefault(n => !Cases.All.Any(c => string.Equals(c.Name, n, StringComparison.Ordinal))) is { } unknown)
    {
        Console.Error.WriteLine($"--case '{unknown}' is unknown: expected {string.Join(", ", Cases.All.Select(c => c.Name))}.");
        return 2;
    }

    if (result.GetValue(seconds) is not (> 0 and <= 3600))
    {
        Console.Error.WriteLine("--seconds must be more than 0 and at most 3600.");
        return 2;
    }

    var times = new List<CaseTimes>();
    foreach (var (name, make) in Cases.All.Where(c => names.Length == 0 || names.Contains(c.Name, StringComparer.Ordinal)))
    {
        Case @case = make();
        Console.Error.WriteLine($"{name}: {@case.Description}");
        times.Add(Ratios.Of(@case, result.GetValue(seconds)));
    }

    IReadOnlyList<PeerTimes>? peers = result.GetValue(peer) ? Peer.Measure(result.GetValue(seconds)) : null;
    if (result.GetValue(json))
    {
        Console.WriteLine(JsonSerializer.Serialize(new Document(times, peers), Document.Options));
    }
    else
    {
        Print(times, peers);
    }

    return 0;
});

var replicas = new Command("replicas", "What training M small networks side by side saves, medians of interleaved runs.") { json, seconds };
replicas.SetAction(result =>
{
    if (result.GetValue(seconds) is not (> 0 and <= 3600))
    {
        Console.Error.WriteLine("--seconds must be more than 0 and at most 3600.");
        return 2;
    }

    IReadOnlyList<ReplicaTimes> times = Replicas.All(result.GetValue(seconds));
    if (result.GetValue(json))
    {
        Console.WriteLine(JsonSerializer.Serialize(times, Document.Options));
    }
    else
    {
        PrintReplicas(times);
    }

    return 0;
});

var robust = new Command("robust", "What a step costs that holds single examples or micro-batches down, medians of interleaved runs.") { json, seconds };
robust.SetAction(result =>
{
    if (result.GetValue(seconds) is not (> 0 and <= 3600))
    {
        Console.Error.WriteLine("--seconds must be more than 0 and at most 3600.");
        return 2;
    }

    RobustTimes times = Robust.Of(result.GetValue(seconds));
    if (result.GetValue(json))
    {
        Console.WriteLine(JsonSerializer.Serialize(times, Document.Options));
    }
    else
    {
        PrintRobust(times);
    }

    return 0;
});

var kernels = new Command("kernels", "What kernels of infinitely wide networks take, shortest of several runs, and one pair after the other beside them.") { json, seconds };
kernels.SetAction(result =>
{
    if (result.GetValue(seconds) is not (> 0 and <= 3600))
    {
        Console.Error.WriteLine("--seconds must be more than 0 and at most 3600.");
        return 2;
    }

    KernelTimes times = Kernels.Of(result.GetValue(seconds));
    if (result.GetValue(json))
    {
        Console.WriteLine(JsonSerializer.Serialize(times, Document.Options));
    }
    else
    {
        PrintKernels(times);
    }

    return 0;
});

var root = new RootCommand("Benchmarks of Presage: ratios in one run, since the machine's own speed varies.") { ratios, replicas, robust, kernels };
return root.Parse(args).Invoke() is 0 ? 0 : 2;

static void Print(IEnumerable<CaseTimes> cases, IReadOnlyList<PeerTimes>? peers)
{
    Console.WriteLine($"{"case",-20}{"plain ms",10}{"moments ms",12}{"ratio",8}{"floor",8}{"loop ms",10}{"x loop",8}{"extra MiB",11}{"result MiB",12}{"runs",6}{"peer ms",10}{"x peer",8}");
    foreach (CaseTimes c in cases)
    {
        PeerTimes? other = peers?.FirstOrDefault(p => string.Equals(p.Name, c.Name, StringComparison.Ordinal));
        string extra = c.ExtraMemoryMb is { } mb ? mb.ToString("F0", CultureInfo.InvariantCulture) : "-";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{c.Name,-20}{c.PlainMs,10:F1}{c.MomentsMs,12:F1}{c.Ratio,8:F2}{c.FloorRatio,8:F2}{c.LoopMs,10:F0}{c.SpeedupOverLoop,8:F1}{extra,11}{c.ResultMb,12:F1}{c.Runs,6}")
            + (other is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{other.MomentsMs,10:F1}{other.MomentsMs / c.MomentsMs,8:F1}")));
    }
}

static void PrintReplicas(IEnumerable<ReplicaTimes> cases)
{
    Console.WriteLine($"{"case",-12}{"M",5}{"batched ms",12}{"one by one ms",15}{"ratio",8}{"in threads ms",15}{"ratio",8}{"runs",6}");
    foreach (ReplicaTimes c in cases)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{c.Name,-12}{c.Networks,5}{c.BatchedMs,12:F2}{c.OneByOneMs,15:F2}{c.OneByOneOverBatched,8:F2}{c.InThreadsMs,15:F2}{c.InThreadsOverBatched,8:F2}{c.Runs,6}"));
    }
}

static void PrintRobust(RobustTimes times)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times.Network}; {times.Data}, {100 * times.ShareOfZeros:F0} % zeros"));
    foreach (StepTime step in times.Steps)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{step.Name,-32}{step.Ms,10:F2} ms{step.Runs,8} runs"));
    }

    PrintRequired(times.Ratios, 32);
}

static void PrintKernels(KernelTimes times)
{
    Console.WriteLine($"{times.Processors} processors, vectors of {times.VectorBits} bits");
    Console.WriteLine($"{"case",-14}{"entries",12}{"best ms",12}{"median ms",12}{"processor ms",14}{"ms an entry",14}{"runs",6}{"pair, plain ms",16}{"x plain",9}");
    foreach (KernelTime k in times.Kernels)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{k.Name,-14}{k.Entries,12}{k.BestMs,12:F1}{k.MedianMs,12:F1}{k.LeastProcessorMs,14:F0}{k.EntryMs,14:G3}{k.Runs,6}{k.PlainPairMs,16:G3}{k.PlainOverThis,9:F0}"));
    }

    PrintRequired(times.Required, 44);
}

static void PrintRequired(IEnumerable<RequiredRatio> required, int width)
{
    foreach (RequiredRatio ratio in required)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{ratio.Name.PadRight(width)}{ratio.Value,10:F2}   required {ratio.Required}: {(ratio.Holds ? "holds" : "does not hold")}"));
    }
}
