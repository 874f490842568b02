using System.Globalization;

namespace Presage.Cli.Studies;

/// <summary>What classes are called, for those data sets whose publishers name them; else by their numbers.</summary>
internal static class ClassNames
{
    public static IReadOnlyList<string> Of(string data, int classes)
    {
        string[] names = data switch
        {
            "fashion-mnist" => ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
            "cifar10" => ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
            _ => [],
        };
        return names.Length == classes ? names : [.. Enumerable.Range(0, classes).Select(k => k.ToString(CultureInfo.InvariantCulture))];
    }
}
