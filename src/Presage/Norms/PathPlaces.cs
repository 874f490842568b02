using Presage.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Norms;

/// <summary>Tests that what lies between a network's layers passes positive numbers on as they are, or adds, pools or rearranges them.</summary>
internal static class PathPlaces
{
    // Far more than rounding, far less than any factor that one would write.
    private const double Tolerance = 1e-9;

    /// <param name="pass">Runs the model.</param>
    /// <param name="trace">The network.</param>
    /// <param name="input">One input (1, …).</param>
    /// <exception cref="NotHomogeneousException">Something scales or subtracts.</exception>
    public static void Check(LayerPass pass, NetworkTrace trace, Tensor input)
    {
        using var scope = NewDisposeScope();
        long[][] shapes = [.. PassRecord.Plain(pass, scope, input).Outputs.Select(o => o.shape)];
        foreach (int source in trace.Places().Where(p => p.Sources is [.., >= 0]).SelectMany(p => p.Sources).Distinct().Order().ToList())
        {
            foreach (var (call, largest) in Arrived(pass, trace, input, shapes, source, isSingle: false))
            {
                // More than 1 is a sum over units, or a factor: of a single unit, only a factor gives that.
                if (!(Math.Abs(largest - 1) <= Tolerance) && !(largest > 1 && Arrived(pass, trace, input, shapes, source, isSingle: true).First(a => a.Call == call).Largest is var one && Math.Abs(one - 1) <= Tolerance))
                {
                    throw Refusal(trace, source, call);
                }
            }
        }
    }

    // The largest entry that arrives at each place where the source's 1 does; NaN where entries are other than whole numbers from 0 on.
    private static List<(int Call, double Largest)> Arrived(LayerPass pass, NetworkTrace trace, Tensor input, long[][] shapes, int source, bool isSingle)
    {
        using var scope = NewDisposeScope();
        Tensor start = !input.is_floating_point() ? input : source == NetworkTrace.Input ? Ones(input.shape, input.device, isSingle) : zeros_like(input, ScalarType.Float64);
        PassRecord record = PassRecord.Of(
            pass, scope, start, c => c.Index == source ? Ones(shapes[c.Index], input.device, isSingle) : zeros(shapes[c.Index], ScalarType.Float64, input.device));
        return
        [
            .. from place in trace.Places()
               where place.Sources.Contains(source) && place.Sources[^1] >= 0
               select (place.Call, Largest(place.Call == record.Calls.Count ? record.Output : record.Calls[place.Call].Inputs[place.Slot])),
        ];
    }

    private static Tensor Ones(long[] shape, Device device, bool isSingle)
    {
        Tensor ones = isSingle ? zeros(shape, ScalarType.Float64, device) : torch.ones(shape, ScalarType.Float64, device);
        if (isSingle)
        {
            ones.view(-1)[0] = 1;
        }

        return ones;
    }

    private static double Largest(Tensor values)
    {
        using var scope = NewDisposeScope();
        return (values - values.round()).Largest() <= Tolerance && values.min().item<double>() >= 0 ? values.max().item<double>() : double.NaN;
    }

    private static NotHomogeneousException Refusal(NetworkTrace trace, int source, int call) => new(
        trace.Calls[Math.Min(call, trace.Calls.Count - 1)].Layer.Name,
        $"What the network's own code does between {trace.NameOf(source)} and {trace.NameOf(call)} scales or subtracts, which squared weights alone do not account for: there is no path norm.");
}
