using System.Text.Json;
using System.Text.Json.Serialization;
using Presage.Cli.Studies;
using Presage.Data;
using Presage.Runs.Reproductions;

namespace Presage.Cli.Reproductions;

/// <summary>How much of a document's experiment is run.</summary>
internal enum Scale
{
    /// <summary>At most five minutes on two cores.</summary>
    Quick,

    /// <summary>At most about an hour.</summary>
    Standard,

    /// <summary>The document's own sizes.</summary>
    Paper,
}

/// <summary>What a setting's measurement may use and must heed.</summary>
/// <param name="Seed">Seed of everything random.</param>
/// <param name="Data">The setting's data set; null where it needs none.</param>
/// <param name="OnProgress">Hears the share of the setting that is done.</param>
/// <param name="Cancellation">Stops the measurement.</param>
internal sealed record SettingWork(int Seed, ImageData? Data, Action<double> OnProgress, CancellationToken Cancellation)
{
    /// <summary>How much of a reproduction is run.</summary>
    public Scale Scale { get; init; }
}

/// <summary>A part of a reproduction that is measured at once, in one thread, and kept when it is done.</summary>
/// <param name="Name">Its name, which is also its file's.</param>
/// <param name="Cost">What it takes, in any unit that all settings share.</param>
/// <param name="Measure">Measures it; gives JSON.</param>
/// <param name="DataSet">Name of the data set it needs; null for none.</param>
/// <param name="SharedKey">What it measures, all but seed and data set, where other reproductions measure the same; null where none does.</param>
/// <param name="IsResult">Whether JSON, of another program perhaps, is such as it gives.</param>
internal sealed record Setting(
    string Name, double Cost, Func<SettingWork, string> Measure, Func<string, bool> IsResult, string? DataSet = null, string? SharedKey = null);

/// <summary>What follows from all settings' results.</summary>
internal sealed record Outcome(IReadOnlyList<Claim> Claims, IReadOnlyList<Panel> Panels, IReadOnlyList<ResultTable> Tables);

/// <summary>A figure, table or equation of a document as a command.</summary>
internal abstract class Reproduction
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Name of the command's argument.</summary>
    public abstract string Id { get; }

    /// <summary>The document, by number and title.</summary>
    public abstract string Document { get; }

    /// <summary>Figure, table or equation of the document.</summary>
    public abstract string Figure { get; }

    /// <summary>What the document shows there, in a line.</summary>
    public abstract string Shows { get; }

    /// <summary>Name of the data set that its settings need unless they say otherwise; null for none.</summary>
    public virtual string? DataSet => null;

    /// <summary>Every data set that its settings need at a scale.</summary>
    public IReadOnlyList<string> DataSets(Scale scale) => [.. Settings(scale).Select(setting => setting.DataSet).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>Whether other images may take the place of that data set.</summary>
    public virtual bool TakesOtherData => false;

    /// <summary>Training and test images that a scale takes at least.</summary>
    public virtual (int Train, int Test) LeastImages(Scale scale) => (1, 1);

    /// <summary>Images of a user's folder that are read at a scale, at most.</summary>
    public virtual ImageCounts MostImages(Scale scale) => new(null, null);

    /// <summary>Says what makes images unfit for a scale, before anything is measured.</summary>
    /// <exception cref="BadInputException">They are unfit.</exception>
    public virtual void Require(Scale scale, ImageData images)
    {
    }

    /// <summary>Height and width to which the images of a user's folder are scaled.</summary>
    public virtual int ImageSide(Scale scale) => scale == Scale.Paper ? 64 : 32;

    /// <summary>How its images are read at a scale.</summary>
    /// <param name="scale">The scale.</param>
    /// <param name="instead">Name or folder of the images that take the place of its data set; null for its own.</param>
    public SettingImages ImagesAt(Scale scale, string? instead) => new(instead, ImageSide(scale), MostImages(scale));

    /// <summary>Raised whenever results kept by an older program are not what this one would measure.</summary>
    public virtual int Revision => 1;

    /// <summary>What is run at a scale, in a line.</summary>
    public abstract string Sizes(Scale scale);

    /// <summary>Minutes that the smaller two scales took on two cores; null where one was not run yet, as the third never was.</summary>
    public abstract (double? Quick, double? Standard) Minutes { get; }

    /// <summary>Every size and choice at a scale that is not the document's.</summary>
    public abstract IReadOnlyList<string> Differs(Scale scale);

    /// <summary>The parts to be measured.</summary>
    public abstract IReadOnlyList<Setting> Settings(Scale scale);

    /// <summary>Claims, figure and tables from the settings' results, in the order of the settings.</summary>
    public abstract Outcome Judge(Scale scale, IReadOnlyList<string> results);
}

/// <summary>A reproduction whose settings are values of one type and give results of another.</summary>
internal abstract class Reproduction<TSetting, TResult> : Reproduction
{
    public sealed override IReadOnlyList<Setting> Settings(Scale scale) =>
        [.. Grid(scale).Select(setting => new Setting(NameOf(setting), CostOf(setting), work => ToJson(Measure(setting, work with { Scale = scale })), IsResult, DataSetOf(setting), SharedKeyOf(setting)))];

    public sealed override Outcome Judge(Scale scale, IReadOnlyList<string> results) => Judge(
        scale,
        [.. Grid(scale).Zip(results, (setting, json) => (setting, FromJson(json, NameOf(setting))))]);

    protected abstract IReadOnlyList<TSetting> Grid(Scale scale);

    protected abstract string NameOf(TSetting setting);

    protected virtual double CostOf(TSetting setting) => 1;

    /// <summary>Name of the data set that a setting needs; null for none.</summary>
    protected virtual string? DataSetOf(TSetting setting) => DataSet;

    /// <summary>What a setting measures, all but seed and data set, where other reproductions measure the same; null where none does.</summary>
    protected virtual string? SharedKeyOf(TSetting setting) => null;

    protected abstract TResult Measure(TSetting setting, SettingWork work);

    protected abstract Outcome Judge(Scale scale, IReadOnlyList<(TSetting Setting, TResult Result)> results);

    private static string ToJson(TResult result)
    {
        try
        {
            return JsonSerializer.Serialize(result, Json);
        }
        catch (ArgumentException exception)
        {
            throw new NumericalException("A measured number is not finite.", exception);
        }
    }

    private static bool IsResult(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<TResult>(json, Json) is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static TResult FromJson(string json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<TResult>(json, Json) ?? throw new JsonException("it holds nothing");
        }
        catch (JsonException exception)
        {
            throw new JsonException($"{name}: {exception.Message}", exception);
        }
    }
}
