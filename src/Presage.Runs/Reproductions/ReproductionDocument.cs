using System.Text.Json;
using System.Text.Json.Serialization;

namespace Presage.Runs.Reproductions;

/// <summary>What a document states, measured.</summary>
/// <param name="Id">Short name of the claim, unique in its reproduction.</param>
/// <param name="Statement">The document's statement in our words.</param>
/// <param name="Measured">The measured figure; null where it could not be taken, and then the claim does not hold.</param>
/// <param name="Threshold">What the figure must be for the claim to hold, for example "at least 0.95".</param>
/// <param name="Holds">Whether it does.</param>
/// <param name="Basis">How many settings, examples, seeds and steps stand behind the figure.</param>
public sealed record Claim(
    string Id,
    string Statement,
    double? Measured,
    [property: JsonPropertyOrder(1)] string Threshold,
    bool Holds,
    [property: JsonPropertyOrder(3)] string Basis)
{
    /// <summary>The measured figure; null where there is none, and for what is not finite.</summary>
    public double? Measured { get; init; } = Finite(Measured);

    /// <summary>Whether the figure is what it must be; never where there is none.</summary>
    [JsonPropertyOrder(2)]
    public bool Holds { get; init; } = Holds && Finite(Measured) is not null;

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}

/// <summary>How a curve is drawn.</summary>
public enum CurveKind
{
    /// <summary>Points joined by lines.</summary>
    Line,

    /// <summary>Points alone.</summary>
    Points,

    /// <summary>A dotted line to compare with: a diagonal, a floor.</summary>
    Reference,

    /// <summary>A line fitted to the panel's points.</summary>
    Fit,
}

/// <summary>A curve of a panel.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Kind">How it is drawn.</param>
/// <param name="X">Horizontal values.</param>
/// <param name="Y">Vertical values, as many; null where there is none.</param>
/// <param name="Labels">What a point says of itself when pointed at, as many; null for nothing more than its values.</param>
public sealed record Curve(
    string Name,
    CurveKind Kind,
    IReadOnlyList<double> X,
    IReadOnlyList<double?> Y,
    [property: JsonPropertyOrder(1)] IReadOnlyList<string>? Labels = null)
{
    /// <summary>Horizontal values, finite.</summary>
    /// <exception cref="ArgumentException">One is not finite, or there are not as many vertical values or labels.</exception>
    public IReadOnlyList<double> X { get; init; } = X.All(double.IsFinite) && X.Count == Y.Count && (Labels is null || Labels.Count == X.Count)
        ? X
        : throw new ArgumentException($"Curve '{Name}' expects finite horizontal values and as many vertical ones, but got {X.Count} and {Y.Count}: {string.Join(", ", X)}.", nameof(X));

    /// <summary>Place of its colour among the page's, which repeat; null for the next one.</summary>
    [JsonPropertyOrder(2)]
    public int? Colour { get; init; }

    /// <summary>Place of its symbol, likewise.</summary>
    [JsonPropertyOrder(3)]
    public int? Symbol { get; init; }

    /// <summary>Vertical values; null where there is none, and for what is not finite.</summary>
    public IReadOnlyList<double?> Y { get; init; } = [.. Y.Select(y => y is { } number && double.IsFinite(number) ? y : null)];
}

/// <summary>Values over two axes, drawn as colours.</summary>
/// <param name="Name">What the values are, and their unit.</param>
/// <param name="X">Horizontal places, increasing.</param>
/// <param name="Y">Vertical places, increasing.</param>
/// <param name="Values">A row for each vertical place and in it a value for each horizontal one (Y, X); null where there is none.</param>
public sealed record HeatMap(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y, IReadOnlyList<IReadOnlyList<double?>> Values)
{
    /// <summary>Horizontal places, finite and increasing.</summary>
    /// <exception cref="ArgumentException">Places do not increase or are not finite, or there is not a value at each.</exception>
    public IReadOnlyList<double> X { get; init; } =
        Increases(X) && Increases(Y) && Values.Count == Y.Count && Values.All(row => row.Count == X.Count)
            ? X
            : throw new ArgumentException($"Heat map '{Name}' expects finite, increasing places and a value at each of {Y.Count} times {X.Count}.", nameof(X));

    /// <summary>Values; null where there is none, and for what is not finite.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyList<IReadOnlyList<double?>> Values { get; init; } =
        [.. Values.Select(row => (IReadOnlyList<double?>)[.. row.Select(value => value is { } number && double.IsFinite(number) ? value : null)])];

    private static bool Increases(IReadOnlyList<double> places) => places.All(double.IsFinite) && places.Zip(places.Skip(1)).All(pair => pair.First < pair.Second);
}

/// <summary>A panel of a document's figure.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XAxis">Title and unit of the horizontal axis.</param>
/// <param name="YAxis">Title and unit of the vertical axis.</param>
/// <param name="Basis">How many settings, examples, seeds and steps stand behind it.</param>
/// <param name="Explanation">What to see in it.</param>
/// <param name="Curves">Its curves.</param>
/// <param name="LogarithmicX">Whether the horizontal axis is logarithmic.</param>
/// <param name="LogarithmicY">Whether the vertical axis is logarithmic.</param>
/// <param name="Heat">A map under the curves; null for none.</param>
public sealed record Panel(
    string Title,
    string XAxis,
    string YAxis,
    string Basis,
    string Explanation,
    IReadOnlyList<Curve> Curves,
    bool LogarithmicX = false,
    bool LogarithmicY = false,
    [property: JsonPropertyOrder(1)] HeatMap? Heat = null);

/// <summary>A table of a document, or of what was measured.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">Heads of the columns.</param>
/// <param name="Rows">Cells, row by row.</param>
/// <param name="IsShort">Whether it stands beside the claims wherever these are shown; a long one is on the page alone.</param>
public sealed record ResultTable(
    string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, [property: JsonPropertyOrder(1)] bool IsShort = false);

/// <summary>A reproduction of a document's figure or table, finished: what <c>presage reproduce ID --json</c> prints.</summary>
/// <param name="Schema">Always <see cref="CurrentSchema"/>.</param>
/// <param name="Id">Name of the reproduction.</param>
/// <param name="Document">The document, by number and title.</param>
/// <param name="Figure">Figure, table or equation of the document.</param>
/// <param name="Shows">What the document shows there, in a line.</param>
/// <param name="Scale">"quick", "standard" or "paper".</param>
/// <param name="Seed">Seed of everything random.</param>
/// <param name="DiffersFromDocument">Every size and choice that is not the document's.</param>
/// <param name="Claims">The document's statements, measured.</param>
/// <param name="Seconds">Time that the measurements took, of all runs that took part of them.</param>
/// <param name="Artifacts">Files of the run: the report page and each setting's results.</param>
/// <param name="Panels">The figure, as numbers.</param>
/// <param name="Tables">Tables.</param>
public sealed record ReproductionDocument(
    string Schema,
    string Id,
    string Document,
    string Figure,
    string Shows,
    string Scale,
    int Seed,
    IReadOnlyList<string> DiffersFromDocument,
    IReadOnlyList<Claim> Claims,
    double Seconds,
    IReadOnlyList<string> Artifacts,
    IReadOnlyList<Panel> Panels,
    IReadOnlyList<ResultTable> Tables)
{
    /// <summary>The document's schema; a later version that programs cannot read as this one has another.</summary>
    public const string CurrentSchema = "presage.reproduce/1";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Whether every claim holds.</summary>
    [JsonIgnore]
    public bool Holds => Claims.All(claim => claim.Holds);

    /// <summary>The document as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads a document.</summary>
    /// <param name="json">What <see cref="ToJson"/> gave.</param>
    /// <exception cref="InvalidDataException">It is not such a document.</exception>
    public static ReproductionDocument FromJson(string json)
    {
        try
        {
            ReproductionDocument document = JsonSerializer.Deserialize<ReproductionDocument>(json, Json) ?? throw new JsonException("it holds nothing");
            return string.Equals(document.Schema, CurrentSchema, StringComparison.Ordinal)
                ? document
                : throw new InvalidDataException($"Expected a document of schema {CurrentSchema}, but it is '{document.Schema}'.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"Expected a document of schema {CurrentSchema}: {exception.Message}", exception);
        }
    }
}
