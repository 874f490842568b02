using System.Globalization;

namespace Presage.Rankings;

/// <summary>Which of a few values each network has.</summary>
/// <param name="Of">Place of each network's value (n).</param>
/// <param name="Names">The values, increasing where they are numbers; empty where they have no names.</param>
/// <param name="Count">How many there are.</param>
internal sealed record Levels(int[] Of, IReadOnlyList<string> Names, int Count)
{
    /// <summary>Values of a column; as numbers if all are, else as words.</summary>
    public static Levels OfColumn(IReadOnlyList<string> values)
    {
        double[] numbers = [.. values.Select(Number)];
        return numbers.Any(double.IsNaN)
            ? Distinct(values, values, StringComparer.Ordinal, StringComparer.Ordinal)
            : Distinct(numbers, values, EqualityComparer<double>.Default, Comparer<double>.Default);
    }

    /// <summary>All combinations of several columns' values that occur, in order of appearance; one where there is no column.</summary>
    public static Levels Combine(int count, IEnumerable<Levels> columns)
    {
        var combined = new int[count];
        int levels = 1;
        foreach (Levels column in columns)
        {
            var places = new Dictionary<(int, int), int>();
            for (int i = 0; i < count; i++)
            {
                var key = (combined[i], column.Of[i]);
                places.TryAdd(key, places.Count);
                combined[i] = places[key];
            }

            levels = places.Count;
        }

        return new Levels(combined, [], levels);
    }

    /// <summary>The networks of each level.</summary>
    public int[][] Members()
    {
        var members = new List<int>[Count];
        for (int i = 0; i < Of.Length; i++)
        {
            (members[Of[i]] ??= []).Add(i);
        }

        return [.. members.Select(each => each.ToArray())];
    }

    private static double Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : double.NaN;

    private static Levels Distinct<T>(IReadOnlyList<T> keys, IReadOnlyList<string> names, IEqualityComparer<T> same, IComparer<T> order)
        where T : notnull
    {
        T[] distinct = [.. keys.Distinct(same).Order(order)];
        var places = distinct.Select((key, place) => (key, place)).ToDictionary(each => each.key, each => each.place, same);
        int[] of = [.. keys.Select(key => places[key])];
        return new Levels(of, [.. distinct.Select((_, place) => names[Array.IndexOf(of, place)])], distinct.Length);
    }
}
