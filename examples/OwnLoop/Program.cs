using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using OwnLoop;
using Presage.Gradients;
using Presage.Runs;
using TorchSharp;
using static TorchSharp.torch;

// OwnLoop [--toy] [--no-monitor] [--seed N] [--epochs N]
bool toy = args.Contains("--toy", StringComparer.Ordinal);
int seed = Option("--seed", 1);
int epochs = Option("--epochs", toy ? 2 : 5);
const int Batch = 64;
const double LearningRate = 1e-3;

Examples data = toy ? Examples.MakeUp(train: 640, test: 100) : await Examples.LoadMnistAsync();
int examples = (int)data.TrainLabels.shape[0];
int steps = epochs * (examples / Batch);
torch.random.manual_seed(seed);
using var model = new Network();
using var optimizer = optim.Adam(model.parameters(), LearningRate);

// What the report is to know of this training: all of it may be left out.
var options = new MonitorOptions
{
    Data = data.Name,
    TrainExamples = examples,
    TestInputs = data.TestImages,
    TestTargets = data.TestLabels,
    Steps = steps,
    Epochs = epochs,
    Batch = Batch,
    LearningRate = LearningRate,
    Seed = seed,
};

var clock = Stopwatch.StartNew();
using TrainingMonitor? monitor = args.Contains("--no-monitor", StringComparer.Ordinal)
    ? null
    : TrainingMonitor.Start("runs/own-loop", model, data.TrainImages[..500], data.TrainLabels[..500], Losses.CrossEntropy, options); // Presage, 1 of 3

for (int epoch = 0; epoch < epochs; epoch++)
{
    model.train();
    using Tensor order = randperm(examples);
    for (int batch = 0; batch < examples / Batch; batch++)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = order[(batch * Batch)..((batch + 1) * Batch)];
        Tensor loss = nn.functional.cross_entropy(model.call(data.TrainImages[chosen]), data.TrainLabels[chosen]);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        monitor?.Step(); // Presage, 2 of 3
    }
}

RunRecord? run = monitor?.Finish(); // Presage, 3 of 3

double training = monitor?.TrainingTime.TotalSeconds ?? clock.Elapsed.TotalSeconds;
double measuring = monitor?.MeasuringTime.TotalSeconds ?? 0;
Say($"training: {training:0.00} s");
Say($"measuring: {measuring:0.00} s at {monitor?.Points ?? 0} points, {measuring / training:P2} of training");
Say($"checksum of the weights: {Checksum(model)}");
if (run is not null)
{
    Say($"verdict: {run.Verdict?.State}");
    Say($"report: {Path.Combine(run.Folder, ReportPage.FileName)}");
}

static string Checksum(nn.Module model)
{
    using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    foreach (Tensor weights in model.state_dict().Values)
    {
        hash.AppendData(weights.cpu().bytes);
    }

    return Convert.ToHexString(hash.GetHashAndReset());
}

static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

int Option(string name, int usual) =>
    Array.IndexOf(args, name) is >= 0 and var at ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : usual;
