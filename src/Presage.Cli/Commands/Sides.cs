using System.CommandLine;
using System.Globalization;
using static System.FormattableString;

namespace Presage.Cli.Commands;

/// <summary>Options whose values are sides of a picture or a filter, such as 3x32x32.</summary>
internal static class Sides
{
    /// <summary>Some sides, each in a range; null where they are not given.</summary>
    /// <typeparam name="T">What has the sides.</typeparam>
    /// <param name="name">The option.</param>
    /// <param name="description">What it is.</param>
    /// <param name="form">What is expected, such as CxHxW.</param>
    /// <param name="count">How many sides.</param>
    /// <param name="most">The largest.</param>
    /// <param name="make">Makes it.</param>
    /// <param name="isSquareToo">Whether one number stands for all sides.</param>
    public static Option<T?> Of<T>(string name, string description, string form, int count, int most, Func<int[], T> make, bool isSquareToo = false)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = isSquareToo ? "K|" + form : form,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                int[] sides = [.. text.Split('x').Select(side => int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 0)];
                if (isSquareToo && sides.Length == 1)
                {
                    sides = [.. Enumerable.Repeat(sides[0], count)];
                }

                if (sides.Length == count && sides.All(side => side >= 1 && side <= most))
                {
                    return make(sides);
                }

                result.AddError(Invariant($"{name} expects {(isSquareToo ? "a whole number or " : "")}{form}, whole numbers from 1 to {most} apart by x, but got '{text}'."));
                return null;
            },
        };
}
