using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using static System.FormattableString;

namespace Presage.Cli.Commands;

/// <summary>Options whose values are checked while they are parsed; a bad one is a sentence that says what was expected.</summary>
internal static class Ranges
{
    /// <summary>A whole number in a range; null where it is not given.</summary>
    public static Option<int?> Whole(string name, string description, int low, int high) => new(name)
    {
        Description = $"{description}; {low} to {high}",
        HelpName = "N",
        CustomParser = result => ParseWhole(name, result, low, high),
    };

    /// <summary>A real number in a range; null where it is not given.</summary>
    public static Option<double?> Real(string name, string description, double low, double high, bool lowIncluded = true) => new(name)
    {
        Description = lowIncluded ? Invariant($"{description}; {low} to {high}") : Invariant($"{description}; above {low}, at most {high}"),
        HelpName = "X",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && (lowIncluded ? value >= low : value > low) && value <= high)
            {
                return value;
            }

            result.AddError(lowIncluded
                ? Invariant($"{name} expects a number from {low} to {high}, but got '{text}'.")
                : Invariant($"{name} expects a number above {low} and at most {high}, but got '{text}'."));
            return null;
        },
    };

    /// <summary>One of a few names.</summary>
    public static Option<string?> OneOf(string name, string description, params string[] names) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', names),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (names.Contains(text, StringComparer.Ordinal))
            {
                return text;
            }

            result.AddError($"{name} '{text}' is unknown: {NearestName.Hint(text, names)}");
            return null;
        },
    };

    /// <summary>Whether a program reads what is printed.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document on standard output, and everything else on standard error" };

    /// <summary>Reads a whole number in a range, or reports an error.</summary>
    public static int? ParseWhole(string name, ArgumentResult result, int low, int high, string alternative = "")
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= low && value <= high)
        {
            return value;
        }

        result.AddError(Invariant($"{name} expects a whole number from {low} to {high}{alternative}, but got '{text}'."));
        return null;
    }
}
