namespace Presage.Kernels;

/// <content>Layers beside weights.</content>
internal sealed partial record PositionKernels
{
    private PositionKernels Convolved(ConvolutionLayer layer)
    {
        var rows = new FilterAxis(Height, layer.Height, layer.Stride, layer.Padding);
        var columns = new FilterAxis(Width, layer.Width, layer.Stride, layer.Padding);
        int taps = layer.Height * layer.Width;
        return Mapped(rows.Outputs, columns.Outputs, field => Fill(rows.Outputs * columns.Outputs, (position, other) =>
        {
            double sum = 0;
            for (int tap = 0; tap < taps; tap++)
            {
                int source = Source(position, tap);
                int otherSource = Source(other, tap);
                sum += source >= 0 && otherSource >= 0 ? field[Index(source, otherSource)] : 0;
            }

            return sum / taps;
        }));

        int Source(int position, int tap)
        {
            int row = rows.Source(position / columns.Outputs, tap / layer.Width);
            int column = columns.Source(position % columns.Outputs, tap % layer.Width);
            return row >= 0 && column >= 0 ? (row * Width) + column : -1;
        }
    }

    private PositionKernels Pooled(AveragePoolingLayer layer)
    {
        var rows = new FilterAxis(Height, layer.Height, layer.Stride, FilterPadding.Valid);
        var columns = new FilterAxis(Width, layer.Width, layer.Stride, FilterPadding.Valid);
        int taps = layer.Height * layer.Width;
        return Mapped(rows.Outputs, columns.Outputs, field => Fill(rows.Outputs * columns.Outputs, (position, other) =>
        {
            double sum = 0;
            for (int pair = 0; pair < taps * taps; pair++)
            {
                sum += field[Index(Source(position, pair / taps), Source(other, pair % taps))];
            }

            return sum / taps / taps;
        }));

        int Source(int position, int tap) =>
            (rows.Source(position / columns.Outputs, tap / layer.Width) * Width) + columns.Source(position % columns.Outputs, tap % layer.Width);
    }

    private PositionKernels Activated(ActivationFunction activation)
    {
        double[] own = Variance(Own);
        double[] other = Variance(Other);
        DiagonalMoments[] ownMoments = Array.ConvertAll(own, activation.Diagonal);
        DiagonalMoments[] otherMoments = Array.ConvertAll(other, activation.Diagonal);
        double[] tangent = [.. Tangent];
        return this with
        {
            Own = Activate(Own, own, own, ownMoments, ownMoments, null),
            Other = Activate(Other, other, other, otherMoments, otherMoments, null),
            Covariance = Activate(Covariance, own, other, ownMoments, otherMoments, tangent),
            Tangent = tangent,
        };

        double[] Activate(
            double[] field, double[] left, double[] right, DiagonalMoments[] leftMoments, DiagonalMoments[] rightMoments, double[]? slopes) =>
            Fill(Positions, (position, otherPosition) =>
            {
                int index = Index(position, otherPosition);
                if (position == otherPosition && ReferenceEquals(left, right))
                {
                    return leftMoments[position].Value;
                }

                double root = Math.Sqrt(left[position] * right[otherPosition]);
                double epsilon = root > 0 ? Math.Clamp(1 - (field[index] / root), 0, 2) : left[position] == right[otherPosition] ? 0 : 1;
                PairMoments pair = activation.Pair(left[position], right[otherPosition], epsilon);
                if (slopes is not null)
                {
                    slopes[index] *= pair.Derivative;
                }

                return Math.Sqrt(leftMoments[position].Value * rightMoments[otherPosition].Value) * (1 - pair.Epsilon);
            });
    }

    private PositionKernels Dropped(double keep)
    {
        return this with
        {
            Own = Thinned(Own),
            Other = Thinned(Other),
            Covariance = IsSame ? Thinned(Covariance) : Covariance,
            Tangent = IsSame ? Thinned(Tangent) : Tangent,
        };

        double[] Thinned(double[] field) => Fill(
            Positions, (position, other) => field[Index(position, other)] / (position == other ? keep : 1));
    }

    private PositionKernels Normalized()
    {
        double[] own = Variance(Own);
        double[] other = Variance(Other);
        return this with
        {
            Own = Divided(Own, own, own),
            Other = Divided(Other, other, other),
            Covariance = Divided(Covariance, own, other),
            Tangent = Divided(Tangent, own, other),
        };

        double[] Divided(double[] field, double[] left, double[] right) => Fill(Positions, (position, otherPosition) =>
        {
            double root = Math.Sqrt(left[position] * right[otherPosition]);
            return root > 0
                ? field[Index(position, otherPosition)] / root
                : throw new NumericalException("Layer normalization of a signal without variance, as zeros without biases give.");
        });
    }

    private PositionKernels Plus(PositionKernels branch)
    {
        return this with
        {
            Own = Sum(Own, branch.Own),
            Other = Sum(Other, branch.Other),
            Covariance = Sum(Covariance, branch.Covariance),
            Tangent = Sum(Tangent, branch.Tangent),
        };

        static double[] Sum(double[] left, double[] right) => [.. left.Zip(right, (first, second) => first + second)];
    }
}
