namespace Presage.Kernels;

/// <content>Layers beside activations.</content>
public readonly partial record struct PairKernel
{
    /// <summary>After the layers of a flat network, one after the other.</summary>
    /// <param name="layers">Dense layers, activations, dropout, skips and layer normalization; pooling and flattening have nothing to do.</param>
    /// <exception cref="ArgumentException">A layer needs positions, or its numbers are out of range.</exception>
    /// <exception cref="NumericalException">A quadrature did not converge, or a signal without variance is normalized.</exception>
    public PairKernel Through(IReadOnlyList<NetworkLayer> layers)
    {
        PairKernel state = this;
        foreach (NetworkLayer layer in layers)
        {
            state = layer switch
            {
                DenseLayer dense => state.Dense(dense.WeightVariance, dense.BiasVariance),
                ActivationLayer activation => state.Activate(activation.Function),
                DropoutLayer dropout => state.Dropout(dropout.Keep),
                LayerNormLayer => state.LayerNorm(),
                SkipLayer skip => state.Plus(state.Through(skip.Branch)),
                FlattenLayer or GlobalAveragePoolingLayer => state,
                _ => throw new ArgumentException($"Expected layers of a flat network, got {layer.GetType().Name}.", nameof(layers)),
            };
        }

        return state;
    }

    /// <summary>After a dense layer: K → σ_w²·K + σ_b², Θ → that + σ_w²·Θ.</summary>
    /// <param name="weightVariance">σ_w² ≥ 0.</param>
    /// <param name="biasVariance">σ_b² ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A variance is negative or not finite.</exception>
    public PairKernel Dense(double weightVariance, double biasVariance)
    {
        Variances.Check(weightVariance, biasVariance);
        double bias = Math.ScaleB(biasVariance, -Exponent);
        double own = weightVariance * Variance;
        double other = weightVariance * OtherVariance;
        double variance = own + bias;
        double otherVariance = other + bias;

        // 1 − c of sums with a shared part, as a sum of what tells them apart.
        double root = Math.Sqrt(variance * otherVariance);
        double shared = Math.Sqrt(own * other);
        double difference = Math.Sqrt(own) - Math.Sqrt(other);
        Wide apart = bias > 0 ? Wide.Normal(bias * difference * difference / (root + shared + bias) / root, 0) : default;
        Wide epsilon = root > 0 ? apart + (shared / root * _epsilon) : _epsilon;
        double outer = Math.Sqrt(variance) - Math.Sqrt(otherVariance);
        Wide gap = Wide.Normal(outer * outer / 2, Exponent) + Wide.Normal(root * epsilon.Value, Exponent + epsilon.Exponent) + (weightVariance * _gap);

        // Θ is 0 before the first layer.
        int exponent = Tangent + OtherTangent > 0 ? Math.Max(Exponent, TangentExponent) : Exponent;
        return new PairKernel(
            variance,
            otherVariance,
            Exponent,
            epsilon.Over(0) > 2 ? new Wide(2, 0) : epsilon,
            Math.ScaleB(variance, Exponent - exponent) + (weightVariance * Math.ScaleB(Tangent, TangentExponent - exponent)),
            Math.ScaleB(otherVariance, Exponent - exponent) + (weightVariance * Math.ScaleB(OtherTangent, TangentExponent - exponent)),
            exponent,
            gap,
            Wide.Normal(root * (1 - epsilon.Over(0)), Exponent) + (weightVariance * _cross));
    }

    /// <summary>After dropout, drawn for each input by itself: K_aa and Θ_aa over ρ, K_ab and Θ_ab as they were.</summary>
    /// <param name="keep">ρ, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">ρ is out of range.</exception>
    public PairKernel Dropout(double keep)
    {
        if (keep is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(keep), keep, "Expected a keep probability above 0 and at most 1.");
        }

        double added = (1 / keep) - 1;
        return new PairKernel(
            Variance / keep,
            OtherVariance / keep,
            Exponent,
            Wide.Normal(1 - keep, 0) + (keep * _epsilon),
            Tangent / keep,
            OtherTangent / keep,
            TangentExponent,
            Wide.Normal(added * (Tangent + OtherTangent) / 2, TangentExponent) + _gap,
            _cross);
    }

    /// <summary>After layer normalization of Gaussian outputs: K and Θ over √(K_aa·K_bb), each input by its own.</summary>
    /// <exception cref="NumericalException">A variance is 0.</exception>
    public PairKernel LayerNorm()
    {
        if (Variance == 0 || OtherVariance == 0)
        {
            throw new NumericalException("Layer normalization of a signal without variance, as zeros without biases give.");
        }

        double inverse = 1 / Math.Sqrt(Variance);
        double otherInverse = 1 / Math.Sqrt(OtherVariance);
        double both = inverse * otherInverse;
        int exponent = TangentExponent - Exponent;
        double unequal = ((Tangent * inverse) - (OtherTangent * otherInverse)) * (inverse - otherInverse) / 2;
        Wide gap = both * new Wide(_gap.Value, _gap.Exponent - Exponent);
        Wide cross = both * new Wide(_cross.Value, _cross.Exponent - Exponent);
        return new PairKernel(
            1,
            1,
            0,
            _epsilon,
            Tangent * inverse * inverse,
            OtherTangent * otherInverse * otherInverse,
            exponent,
            unequal == 0 ? gap : Wide.Normal(Math.Max(0, gap.Over(exponent) + unequal), exponent),
            cross);
    }

    /// <summary>The sum of two signals of the same inputs that are not correlated, as a skip and a branch with weights of its own: K and Θ are added.</summary>
    /// <param name="branch">The other signal's kernels.</param>
    public PairKernel Plus(PairKernel branch)
    {
        int exponent = Larger(Variance + OtherVariance, Exponent, branch.Variance + branch.OtherVariance, branch.Exponent);
        double own = Math.ScaleB(Variance, Exponent - exponent);
        double other = Math.ScaleB(OtherVariance, Exponent - exponent);
        double added = Math.ScaleB(branch.Variance, branch.Exponent - exponent);
        double otherAdded = Math.ScaleB(branch.OtherVariance, branch.Exponent - exponent);

        // 1 − c of the sum, as a sum of what tells the inputs apart.
        double root = Math.Sqrt((own + added) * (other + otherAdded));
        double shared = Math.Sqrt(own * other);
        double sharedAdded = Math.Sqrt(added * otherAdded);
        double crossed = Math.Sqrt(own * otherAdded) - Math.Sqrt(added * other);
        Wide epsilon = root > 0
            ? Wide.Normal(crossed * crossed / (root + shared + sharedAdded) / root, 0) + (shared / root * _epsilon) + (sharedAdded / root * branch._epsilon)
            : _epsilon;
        int tangentExponent = Larger(Tangent + OtherTangent, TangentExponent, branch.Tangent + branch.OtherTangent, branch.TangentExponent);
        return new PairKernel(
            own + added,
            other + otherAdded,
            exponent,
            epsilon.Over(0) > 2 ? new Wide(2, 0) : epsilon,
            Math.ScaleB(Tangent, TangentExponent - tangentExponent) + Math.ScaleB(branch.Tangent, branch.TangentExponent - tangentExponent),
            Math.ScaleB(OtherTangent, TangentExponent - tangentExponent) + Math.ScaleB(branch.OtherTangent, branch.TangentExponent - tangentExponent),
            tangentExponent,
            _gap + branch._gap,
            _cross + branch._cross);
    }

    // The exponent of two numbers' sum; a number that is 0 has none.
    private static int Larger(double value, int exponent, double otherValue, int otherExponent) =>
        value == 0 ? otherExponent : otherValue == 0 ? exponent : Math.Max(exponent, otherExponent);
}
