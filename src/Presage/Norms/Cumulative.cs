namespace Presage.Norms;

/// <summary>What every place of a network is divided by in the normalized network.</summary>
/// <param name="Norms">Norm of each call's layer; 1 where it has none.</param>
/// <param name="LogInputs">ln of the factor of each call's inputs.</param>
/// <param name="LogOutputs">ln of the factor of each call's output.</param>
/// <param name="LogNorm">ln ρ, the factor of the network's output.</param>
internal sealed record Cumulative(double[] Norms, double[][] LogInputs, double[] LogOutputs, double LogNorm)
{
    // Where rounding alone makes factors differ.
    private const double SameFactor = 1e-12;

    public static Cumulative Of(NetworkTrace trace, WeightNorm norm)
    {
        int count = trace.Calls.Count;
        var cumulative = new Cumulative(new double[count], new double[count][], new double[count], 0);
        var known = new Dictionary<NetworkLayer, (double Norm, int Call)>(ReferenceEqualityComparer.Instance);
        for (int call = 0; call < count; call++)
        {
            NetworkLayer layer = trace.Calls[call].Layer;
            double size = known.TryGetValue(layer, out var other) ? other.Norm : NormOf(layer, norm);
            cumulative.Norms[call] = size;
            cumulative.LogInputs[call] = [.. trace.Calls[call].Sources.Select(s => LogSum(s, cumulative.LogOutputs))];
            cumulative.LogOutputs[call] = Math.Log(size) + cumulative.LogInputs[call].Sum();
            if (!known.TryAdd(layer, (size, call)))
            {
                CheckSame(layer, cumulative.LogOutputs[other.Call], cumulative.LogOutputs[call]);
            }
        }

        return cumulative with { LogNorm = LogSum(trace.OutputSources, cumulative.LogOutputs) };
    }

    /// <summary>ln Σ e^c over the sources' outputs; the network's input has c = 0, and so has what depends on neither.</summary>
    public static double LogSum(IReadOnlyList<int> sources, IReadOnlyList<double> logOutputs)
    {
        if (sources.Count == 0)
        {
            return 0;
        }

        double[] logs = [.. sources.Select(s => s == NetworkTrace.Input ? 0 : logOutputs[s])];
        double largest = logs.Max();
        return logs.Length == 1 ? largest : largest + Math.Log(logs.Sum(l => Math.Exp(l - largest)));
    }

    private static double NormOf(NetworkLayer layer, WeightNorm norm)
    {
        if (!layer.HasNorm)
        {
            return 1;
        }

        using var scope = TorchSharp.torch.NewDisposeScope();
        double size;
        try
        {
            size = norm.Of(layer.Effective().Weight, layer.Groups);
        }
        catch (NumericalException exception)
        {
            throw new NumericalException($"'{layer.Name}': {exception.Message}", exception);
        }

        return size > 0 ? size : throw new NotHomogeneousException(layer.Name, $"'{layer.Name}' has weights of norm 0: nothing divided by it is a network.");
    }

    private static void CheckSame(NetworkLayer layer, double first, double second)
    {
        if (Math.Abs(first - second) > SameFactor * Math.Max(1, Math.Abs(first)) && layer.Effective().Biases.Count > 0)
        {
            throw new NotHomogeneousException(
                layer.Name, $"'{layer.Name}' is called more than once and has a bias, which would have to be divided by a different factor at each place.");
        }
    }
}
