namespace Presage.Kernels;

/// <summary>What a remainder r adds to moments: means of G·r and of r·r, of G'·r' and r'·r', and estimates of their errors.</summary>
internal readonly record struct RemainderParts(double Cross, double Square, double SlopeCross, double SlopeSquare, double Error, double SlopeError)
{
    /// <summary>Of one pre-activation: half of what it adds to E[φ²].</summary>
    public double Mean => Cross + (Square / 2);

    /// <summary>Of one pre-activation: half of what it adds to E[φ'²].</summary>
    public double SlopeMean => SlopeCross + (SlopeSquare / 2);

    public static RemainderParts operator +(RemainderParts left, RemainderParts right) => new(
        left.Cross + right.Cross,
        left.Square + right.Square,
        left.SlopeCross + right.SlopeCross,
        left.SlopeSquare + right.SlopeSquare,
        left.Error + right.Error,
        left.SlopeError + right.SlopeError);

    public static RemainderParts Of(TrapezoidalSum cross, TrapezoidalSum square, TrapezoidalSum slopeCross, TrapezoidalSum slopeSquare) =>
        new(cross.Value, square.Value, slopeCross.Value, slopeSquare.Value, cross.Error + square.Error, slopeCross.Error + slopeSquare.Error);
}
