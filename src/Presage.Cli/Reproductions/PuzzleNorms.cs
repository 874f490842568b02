namespace Presage.Cli.Reproductions;

/// <summary>What a network's outputs are divided by, by name.</summary>
internal static class PuzzleNorms
{
    public const string Frobenius = "frobenius";

    public const string L1 = "l1";

    public const string L3 = "l3";

    public const string Spectral = "spectral";

    /// <summary>Norm of the outputs on one training image, instead of a product of layers' norms.</summary>
    public const string OneImage = "one-image";

    /// <summary>In the words of a figure.</summary>
    public static string Title(string norm) => norm switch
    {
        Frobenius => "the product of Frobenius norms",
        L1 => "the product of L1 norms",
        L3 => "the product of L3 norms",
        Spectral => "the product of spectral norms",
        _ => "the outputs' norm on one image",
    };
}
