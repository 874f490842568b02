using TorchSharp;
using static TorchSharp.torch;

namespace Presage.Runs;

/// <summary>
/// What a measurement could leave changed in a model and in libtorch, taken down when made and put back when disposed: every module's mode, every
/// buffer's values, the state of the CPU's random number generator (TorchSharp has no access to a GPU's). Gradients are not among it: nothing that
/// measures touches them.
/// </summary>
internal sealed class ModelState : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly List<(nn.Module Module, bool Training)> _modes = [];
    private readonly List<(Tensor Buffer, Tensor Copy)> _buffers = [];
    private readonly Tensor _random = random.get_rng_state();

    public ModelState(nn.Module model)
    {
        using var grad = no_grad();
        AddModes(model);
        _buffers.AddRange(model.buffers().Select(buffer => (buffer, buffer.clone())));
    }

    /// <summary>Puts every module into the mode it was in, from the root down, since a mode set reaches all modules below.</summary>
    public void RestoreModes() => _modes.ForEach(mode => mode.Module.train(mode.Training));

    public void Dispose()
    {
        using var grad = no_grad();
        RestoreModes();
        foreach (var (buffer, copy) in _buffers)
        {
            // Writing what is there already would still tell automatic differentiation that a saved tensor has changed.
            if (!buffer.eq(copy).all().item<bool>())
            {
                buffer.copy_(copy);
            }
        }

        random.set_rng_state(_random);
        _random.Dispose();
        _scope.Dispose();
    }

    private void AddModes(nn.Module module)
    {
        _modes.Add((module, module.training));
        foreach (var (_, child) in module.named_children())
        {
            AddModes(child);
        }
    }
}
