namespace Presage.Examples;

/// <summary>The running sums of one example.</summary>
internal struct ExampleEntry
{
    private double _margins;
    private double _margin;
    private double _probabilities;
    private double _losses;
    private double _loss;
    private int _right;
    private int _firstRight;
    private int _learned;
    private int _forgotten;
    private double _norms;
    private double _norm;
    private double _agreements;
    private double _agreement;
    private int _measured;
    private int _agreed;

    /// <summary>Visits seen; 0 where the example is not known yet.</summary>
    public int Epochs { get; private set; }

    public int Label { get; private set; }

    public void Visit(int label, double margin, double probability, double loss)
    {
        bool wasRight = _learned > 0;
        Label = label;
        Epochs++;
        _margins += _margin = margin;
        _probabilities += probability;
        _losses += _loss = loss;
        if (margin > 0)
        {
            _right++;
            _firstRight = _firstRight > 0 ? _firstRight : Epochs;
            _learned = wasRight ? _learned : Epochs;
        }
        else
        {
            _forgotten += wasRight ? 1 : 0;
            _learned = 0;
        }
    }

    public void Measure(double norm, double? agreement)
    {
        _measured++;
        _norms += _norm = norm;
        if (agreement is { } cosine)
        {
            _agreed++;
            _agreements += _agreement = cosine;
        }
    }

    public readonly ExampleRecord ToRecord(int index, ReadOnlySpan<double> classSums)
    {
        var classes = new double[classSums.Length];
        for (int k = 0; k < classes.Length; k++)
        {
            classes[k] = classSums[k] / Epochs;
        }

        return new ExampleRecord(
            index,
            Label,
            Epochs,
            _margins / Epochs,
            _margin,
            _probabilities / Epochs,
            _losses / Epochs,
            _loss,
            _right,
            _learned > 0,
            _firstRight > 0 ? _firstRight : null,
            _learned > 0 ? _learned : null,
            _forgotten,
            classes,
            _measured == 0
                ? null
                : new GradientTrace(
                    _measured, _norms / _measured, _norm, _agreed > 0 ? _agreements / _agreed : null, _agreed > 0 ? _agreement : null));
    }
}
