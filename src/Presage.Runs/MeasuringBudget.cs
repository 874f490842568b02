namespace Presage.Runs;

/// <summary>
/// Decides when to measure during a training, so that measuring takes at most a share of the training time and happens where things change. It knows
/// no clock: it is told what steps and measurements took.
/// <list type="bullet">
/// <item>Training earns credit: the share of its time. A measurement is paid out of credit, with enough left for the one at the end. The first, which
/// also warms everything up, is a debt that is paid before the next.</item>
/// <item>Where the number of steps is known, half of what the rest of the training will earn may be spent in advance, since the start matters most.
/// Points bought so are at least as far apart as the start is away: 1, 2, 4, 8, ….</item>
/// <item>After a change credit is spent at once, after none a quarter of it as it comes, and the rest is saved for the next change.</item>
/// </list>
/// </summary>
/// <remarks>
/// Guaranteed, when every measurement after the first takes the same time c: the whole, the last measurement included, takes at most the larger of the
/// share of the training time and (the first + 2c), provided that the training takes the number of steps it announced, if it did.
/// Points are at least 1 % of the steps so far apart: some hundred, whatever the length.
/// </remarks>
/// <param name="share">Share of training time that measuring may take, ≥ 0.</param>
/// <param name="steps">Number of steps of the whole training; null where not known.</param>
internal sealed class MeasuringBudget(double share, long? steps)
{
    private const double LeastGap = 0.01;
    private const double Patience = 4;

    private double _fastestStep = double.PositiveInfinity;
    private double _thisStep;
    private double _recorded;
    private double _allowedAtLast;
    private double _cost;
    private double _lastCost;
    private double _change = 1;
    private long _lastStep;
    private int _measured;

    /// <summary>Training time so far, in seconds.</summary>
    public double Trained { get; private set; }

    /// <summary>Time of measurements so far, in seconds.</summary>
    public double Measured { get; private set; }

    /// <summary>Time of measurements and of recording examples so far, in seconds.</summary>
    public double Spent => Measured + _recorded;

    // The fastest step, so that a slow start promises nothing that the rest does not keep.
    private double Allowed => share * (Trained + Math.Max(0, (double.IsFinite(_fastestStep) ? steps * _fastestStep ?? 0 : 0) - Trained) / 2);

    /// <summary>Counts training time: a step, or a part of one.</summary>
    /// <param name="seconds">What it took.</param>
    /// <param name="isStep">Whether a step is complete with it.</param>
    public void Train(double seconds, bool isStep = true)
    {
        Trained += seconds;
        _thisStep += seconds;
        if (isStep)
        {
            _fastestStep = Math.Min(_fastestStep, _thisStep);
            _thisStep = 0;
        }
    }

    /// <summary>Counts what recording examples took. It is asked for step by step, and has no part in the share that measurements may take.</summary>
    /// <param name="seconds">What it took.</param>
    public void Record(double seconds) => _recorded += seconds;

    /// <summary>Counts a measurement.</summary>
    /// <param name="step">Steps taken before it.</param>
    /// <param name="seconds">What it took.</param>
    /// <param name="change">How much has changed since the one before, from 0 (nothing) to 1 (much).</param>
    public void Measure(long step, double seconds, double change)
    {
        // What the first one took says little about the next, and of the two before it the faster one is less likely to have been disturbed.
        _cost = _measured == 0 ? 0 : Math.Min(seconds, _measured == 1 ? seconds : _lastCost);
        _lastCost = seconds;
        Measured += seconds;
        (_lastStep, _change, _allowedAtLast) = (step, change, Allowed);
        _measured++;
    }

    /// <summary>Whether to measure now.</summary>
    /// <param name="step">Steps taken so far.</param>
    public bool IsDue(long step)
    {
        bool paid = (share * Trained) - Measured >= 2 * _cost;
        double gap = Math.Max(1, paid ? LeastGap * _lastStep : _lastStep);
        return share > 0
            && step - _lastStep >= gap
            && Allowed - Measured >= 2 * _cost
            && Allowed - _allowedAtLast >= Patience * (1 - _change) * _cost;
    }
}
