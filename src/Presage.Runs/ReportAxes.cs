using Dyn = DynamicObj.DynamicObj;

namespace Presage.Runs;

/// <summary>Axes of the report's charts, as the chart library's own objects.</summary>
internal static class ReportAxes
{
    /// <summary>Ticks with their whole value; the library's own are single digits between powers of ten.</summary>
    public static Dyn Logarithmic(string title, double[] range)
    {
        var ticks = ((range[1] - range[0]) switch
        {
            < 1.2 => Ticks(range[0], Math.Pow(10, range[1]), 1, 2, 3, 5),
            < 4 => Ticks(range[0], Math.Pow(10, range[1]), 1, 3),
            _ => Ticks(range[0], Math.Pow(10, range[1]), 1),
        }).ToList();
        return Linear(title, ("type", "log"), ("range", range), ("tickvals", ticks), ("ticktext", ticks.Select(tick => ReportText.Number(tick))));
    }

    /// <summary>An axis for values placed at their inverse hyperbolic sine: all but linear from −1 to 1, logarithmic far from it.</summary>
    public static Dyn Signed(string title, IEnumerable<double?> values)
    {
        double[] range = Range(null, values.Select(value => value is { } number ? Math.Asinh(number) : (double?)null), logarithmic: false) ?? [-1, 1];
        double span = range[1] - range[0];
        double largest = Math.Max(Math.Abs(range[0]), Math.Abs(range[1]));
        IEnumerable<double> beyond = span switch
        {
            < 1.5 => [0.25, 0.5, 0.75, 1, 1.5],
            < 4 => [0.5, 1, 2, 5, 10],
            _ => Enumerable.Range(0, 9).Select(power => Math.Pow(10, power * Math.Ceiling(largest / Math.Log(10) / 8))),
        };
        var ticks = beyond.SelectMany(tick => new[] { -tick, tick }).Append(0).Where(tick => Math.Asinh(tick) >= range[0] && Math.Asinh(tick) <= range[1]).Order().ToList();
        return Linear(title, ("range", range), ("tickvals", ticks.Select(Math.Asinh)), ("ticktext", ticks.Select(tick => ReportText.Number(tick))));
    }

    /// <summary>The given digits times powers of ten, from 10^<paramref name="lowest"/> to <paramref name="highest"/>.</summary>
    public static IEnumerable<double> Ticks(double lowest, double highest, params int[] digits) =>
        from power in Enumerable.Range((int)Math.Floor(lowest), 1 + (int)(Math.Log10(highest) - Math.Floor(lowest)))
        from digit in digits
        let tick = digit * Math.Pow(10, power)
        where tick >= Math.Pow(10, lowest) && tick <= highest
        select tick;

    public static Dyn Linear(string title, params (string, object)[] more) => With(
        With(new Dyn(), ("title", With(new Dyn(), ("text", title), ("standoff", 8))), ("gridcolor", "#e6e6e6"), ("zeroline", false), ("automargin", true)),
        more);

    /// <summary>A range over all values and the limit; on a logarithmic axis in powers of ten, of what is positive.</summary>
    public static double[]? Range(double? limit, IEnumerable<double?> values, bool logarithmic)
    {
        var numbers = values.Append(limit).OfType<double>().Where(value => !logarithmic || value > 0)
            .Select(value => logarithmic ? Math.Log10(value) : value).ToList();
        double pad = numbers.Count == 0 ? 0 : Math.Max(0.05 * (numbers.Max() - numbers.Min()), logarithmic ? 0.1 : 1e-6 * (numbers.Max(Math.Abs) is var size && size is > 0 and < 1 ? size : 1));
        return numbers.Count == 0 ? null : [numbers.Min() - pad, numbers.Max() + pad];
    }

    public static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    public static T With<T>(T target, params (string Name, object Value)[] members)
        where T : Dyn
    {
        foreach (var (name, value) in members)
        {
            target.SetProperty(name, value);
        }

        return target;
    }
}
