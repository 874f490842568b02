using System.Runtime.CompilerServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Presage.Tests;

/// <summary>What all measurements rest on: convolutions do not depend on what memory held before.</summary>
public class ConvolutionMemoryTests
{
    /// <remarks>Where the sizes of caches are unknown, oneDNN's are wrong nearly every time; see <see cref="Presage.Numerics.OneDnn"/>.</remarks>
    [Theory]
    [InlineData(1, 12, 5, 28)]
    [InlineData(12, 30, 5, 12)]
    [InlineData(8, 16, 3, 32)]
    public void Gradients_of_a_convolution_in_used_memory_are_those_in_float64(int channels, int outputs, int kernel, int side)
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Presage.Numerics.OneDnn).Module.ModuleHandle);
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        for (int round = 0; round < 8; round++)
        {
            using var roundScope = NewDisposeScope();
            Tensor input = randn(64, channels, side, side, generator: generator);
            Tensor weight = randn(outputs, channels, kernel, kernel, generator: generator);
            Tensor[] exact = Gradients(input, weight, ScalarType.Float64);
            FillFreedMemory(1 << (12 + round));
            foreach (var (gradient, expected) in Gradients(input, weight, ScalarType.Float32).Zip(exact))
            {
                double error = (gradient.to(ScalarType.Float64) - expected).abs().max().item<double>();
                Assert.True(error < 1e-4 * expected.abs().max().item<double>(), $"round {round}: the largest error is {error}");
            }
        }
    }

    // Of the sum of the outputs' squares, with respect to input and weight.
    private static Tensor[] Gradients(Tensor input, Tensor weight, ScalarType type)
    {
        Tensor x = input.to(type).requires_grad_();
        Tensor w = weight.to(type).requires_grad_();
        return [.. autograd.grad([nn.functional.conv2d(x, w).square().sum()], [x, w])];
    }

    private static void FillFreedMemory(int numbers)
    {
        foreach (Tensor tensor in Enumerable.Range(0, 20).Select(_ => full([numbers], double.NaN, dtype: ScalarType.Float32)).ToList())
        {
            tensor.Dispose();
        }
    }
}
