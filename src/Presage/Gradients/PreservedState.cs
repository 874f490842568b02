using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>
/// What a forward pass may change besides its result, put back when disposed: the state of the CPU's random number generator, which Dropout draws
/// from, and the model's buffers, such as the running statistics of batch normalization. (TorchSharp cannot read the generators of CUDA devices.)
/// </summary>
internal sealed class PreservedState : IDisposable
{
    private readonly Tensor _random = random.get_rng_state();
    private readonly List<(Tensor Buffer, Tensor Value)> _buffers;

    public PreservedState(nn.Module model)
    {
        using var grad = no_grad();
        _buffers = [.. model.named_buffers().Select(b => (b.buffer, b.buffer.detach().clone()))];
    }

    /// <summary>Whether something random was drawn since, or since the last <see cref="Rewind"/>.</summary>
    public bool HasDrawn
    {
        get
        {
            using Tensor now = random.get_rng_state();
            return !now.bytes.SequenceEqual(_random.bytes);
        }
    }

    /// <summary>Also puts back parameters that the model changes by being run.</summary>
    public void Preserve(IEnumerable<Func<Tensor>> parameters)
    {
        using var grad = no_grad();
        _buffers.AddRange(parameters.Select(p => p()).Select(p => (p, p.detach().clone())));
    }

    /// <summary>Puts the generator back, so that the same draws come again.</summary>
    public void Rewind() => random.set_rng_state(_random);

    public void Dispose()
    {
        Rewind();
        using var grad = no_grad();
        foreach (var (buffer, value) in _buffers)
        {
            buffer.copy_(value);
            value.Dispose();
        }

        _random.Dispose();
    }
}
