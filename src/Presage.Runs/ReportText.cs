using System.Globalization;
using System.Net;

namespace Presage.Runs;

/// <summary>Text and numbers as the report shows them.</summary>
internal static class ReportText
{
    public const string NoValue = "–";

    public static string Encode(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Four significant digits.</summary>
    public static string Number(double? value)
    {
        if (value is not { } number || !double.IsFinite(number))
        {
            return NoValue;
        }

        double size = Math.Abs(number);
        if (size is > 0 and (< 1e-5 or >= 1e6))
        {
            return number.ToString("0.###e+0", CultureInfo.InvariantCulture);
        }

        int decimals = size == 0 ? 0 : Math.Clamp(3 - (int)Math.Floor(Math.Log10(size)), 0, 8);
        return number.ToString("0." + new string('#', decimals), CultureInfo.InvariantCulture);
    }

    /// <summary>Four significant digits and a power of ten.</summary>
    public static string Scientific(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("0.000e+0", CultureInfo.InvariantCulture) : NoValue;

    public static string Count(long? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? NoValue;

    public static string Percent(double? value) => value is { } share && double.IsFinite(share)
        ? $"{(100 * share).ToString("0.##", CultureInfo.InvariantCulture)} %"
        : NoValue;
}
