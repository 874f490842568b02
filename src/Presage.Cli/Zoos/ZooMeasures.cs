namespace Presage.Cli.Zoos;

/// <summary>A measure that is said to foretell how a network generalizes.</summary>
/// <param name="Name">Its column.</param>
/// <param name="LargerIsWorse">Whether a larger value foretells a larger gap; else a smaller one.</param>
/// <param name="What">Its definition, in a line.</param>
internal sealed record ZooMeasure(string Name, bool LargerIsWorse, string What)
{
    private const string OnTheWay = "mean over training, each point weighted by the decrease of the training loss up to the next one";

    public static readonly ZooMeasure GsnrMean = new("gsnr_mean", false, $"plug-in GSNR, mean over parameters; {OnTheWay}");
    public static readonly ZooMeasure GsnrEnd = new("gsnr_end", false, "the same at the end");
    public static readonly ZooMeasure GsnrDebiasedMean = new("gsnr_debiased_mean", false, $"debiased GSNR of the network; {OnTheWay}");
    public static readonly ZooMeasure GsnrDebiasedEnd = new("gsnr_debiased_end", false, "the same at the end");
    public static readonly ZooMeasure OsgrMean = new("osgr_mean", false, $"predicted one-step generalization ratio of a step on all n examples; {OnTheWay}");
    public static readonly ZooMeasure OsgrGap = new("osgr_gap", true, "Σ (1 − predicted ratio)·decrease of the training loss: the gap of the losses that it adds up to, in nats");
    public static readonly ZooMeasure AlphaPeak = new("alpha_peak", false, "debiased coherence α of the gradients, its largest value on the way");
    public static readonly ZooMeasure AlphaMean = new("alpha_mean", false, $"the same; {OnTheWay}");
    public static readonly ZooMeasure AlphaEnd = new("alpha_end", false, "the same at the end");
    public static readonly ZooMeasure CoherencePeak = new("coherence_peak", false, "α_m/α_m⊥, how many of the m measured examples an example helps, its largest value on the way");
    public static readonly ZooMeasure CoherenceMean = new("coherence_mean", false, $"the same; {OnTheWay}");
    public static readonly ZooMeasure CoherenceEnd = new("coherence_end", false, "the same at the end");
    public static readonly ZooMeasure NoiseScaleMean = new("noise_scale_mean", true, $"gradient noise scale in examples; {OnTheWay}");
    public static readonly ZooMeasure NoiseScaleEnd = new("noise_scale_end", true, "the same at the end");
    public static readonly ZooMeasure NormalizedLoss = new("normalized_loss", true, "training loss of the network divided by the product of its layers' Frobenius norms, less ln K, in nats");
    public static readonly ZooMeasure FrobeniusProduct = new("log_frobenius_product", true, "ln of the product of the layers' Frobenius norms");
    public static readonly ZooMeasure SpectralProduct = new("log_spectral_product", true, "ln of the product of the layers' spectral norms");
    public static readonly ZooMeasure Path = new("log_path_norm", true, "ln of the path norm");
    public static readonly ZooMeasure Distance = new("distance", true, "Frobenius distance of the weights from their initial values");
    public static readonly ZooMeasure RelativeDistance = new("relative_distance", true, "the same over the initial weights' norm");
    public static readonly ZooMeasure Margin = new("margin", false, "output of the label less the largest other one, at 10 % of the training examples");
    public static readonly ZooMeasure NormalizedMargin = new("normalized_margin", false, "the same over the product of Frobenius norms");
    public static readonly ZooMeasure SpectralMargin = new("log_spectral_over_margin", true, "ln of the product of spectral norms over the margin");
    public static readonly ZooMeasure NtkCondition = new("ntk_log10_condition", true, "log10 κ of the tangent kernel at initialization");
    public static readonly ZooMeasure Forecast = new("forecast_accuracy", false, "share of labels that regression with that kernel, of all training examples or as many as are asked for, gets right of examples that it leaves out");

    public static IReadOnlyList<ZooMeasure> All { get; } =
    [
        GsnrMean, GsnrEnd, GsnrDebiasedMean, GsnrDebiasedEnd, OsgrMean, OsgrGap, AlphaPeak, AlphaMean, AlphaEnd, CoherencePeak, CoherenceMean, CoherenceEnd, NoiseScaleMean, NoiseScaleEnd,
        NormalizedLoss, FrobeniusProduct, SpectralProduct, Path, Distance, RelativeDistance, Margin, NormalizedMargin, SpectralMargin, NtkCondition, Forecast,
    ];
}

/// <summary>Measures of a network as they come, with the reasons for those that do not.</summary>
internal sealed class ZooMeasurements
{
    private readonly Dictionary<string, double?> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal);

    /// <summary>All measures, those without a value null.</summary>
    public IReadOnlyDictionary<string, double?> Values => ZooMeasure.All.ToDictionary(each => each.Name, each => _values.GetValueOrDefault(each.Name), StringComparer.Ordinal);

    /// <summary>Why a measure has no value.</summary>
    public IReadOnlyDictionary<string, string> Reasons => _reasons;

    /// <summary>Takes a value, or the reason why there is none.</summary>
    public void Add(ZooMeasure measure, double? value, string reason)
    {
        if (value is { } known && double.IsFinite(known))
        {
            _values[measure.Name] = known;
        }
        else
        {
            Refuse(measure, reason);
        }
    }

    /// <summary>Takes the reason why a measure has no value.</summary>
    public void Refuse(ZooMeasure measure, string reason) => _reasons[measure.Name] = reason;

    /// <summary>Refuses whatever has neither value nor reason.</summary>
    public void RefuseRest(string reason)
    {
        foreach (ZooMeasure measure in ZooMeasure.All.Where(each => !_values.ContainsKey(each.Name) && !_reasons.ContainsKey(each.Name)))
        {
            Refuse(measure, reason);
        }
    }

    /// <summary>What follows from the points on the way.</summary>
    /// <param name="points">In the order of steps, at least one.</param>
    public void AddCourse(IReadOnlyList<ZooPoint> points)
    {
        const string None = "no gradient varies over the measured examples";
        const string NoSignal = "no gradient that the measured examples share is seen";
        ZooPoint end = points[^1];
        Add(ZooMeasure.GsnrMean, Mean(point => point.Gsnr), None);
        Add(ZooMeasure.GsnrEnd, end.Gsnr, None);
        Add(ZooMeasure.GsnrDebiasedMean, Mean(point => point.GsnrDebiased), None);
        Add(ZooMeasure.GsnrDebiasedEnd, end.GsnrDebiased, None);
        Add(ZooMeasure.OsgrMean, Mean(point => point.Osgr), None);
        Add(ZooMeasure.OsgrGap, Descent(points).Sum(each => (1 - each.Point.Osgr) * each.Decrease), None);
        Add(ZooMeasure.AlphaPeak, points.Max(point => point.Alpha), None);
        Add(ZooMeasure.AlphaMean, Mean(point => point.Alpha), None);
        Add(ZooMeasure.AlphaEnd, end.Alpha, None);
        Add(ZooMeasure.CoherencePeak, points.Max(point => point.Coherence), None);
        Add(ZooMeasure.CoherenceMean, Mean(point => point.Coherence), None);
        Add(ZooMeasure.CoherenceEnd, end.Coherence, None);
        Add(ZooMeasure.NoiseScaleMean, Mean(point => point.NoiseScale), NoSignal);
        Add(ZooMeasure.NoiseScaleEnd, end.NoiseScale, NoSignal);

        // Null where the loss does not decrease, or where a point that weighs something has no value.
        double? Mean(Func<ZooPoint, double?> value)
        {
            (ZooPoint Point, double Decrease)[] descent = [.. Descent(points)];
            double total = descent.Sum(each => each.Decrease);
            return total > 0 && descent.All(each => value(each.Point) is not null) ? descent.Sum(each => value(each.Point)!.Value * each.Decrease) / total : null;
        }
    }

    private static IEnumerable<(ZooPoint Point, double Decrease)> Descent(IReadOnlyList<ZooPoint> points) =>
        points.Zip(points.Skip(1), (point, next) => (point, point.TrainLoss - next.TrainLoss)).Where(each => each.Item2 > 0);
}
