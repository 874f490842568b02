using static TorchSharp.torch;

namespace Presage.Gradients;

/// <summary>Evaluation mode until disposed, when every module is in the mode it was in.</summary>
internal sealed class EvaluationMode : IDisposable
{
    // Parents first, because setting a module's mode sets those of the modules inside.
    private readonly (nn.Module Module, bool Training)[] _modes;

    public EvaluationMode(nn.Module model)
    {
        _modes = [(model, model.training), .. model.named_modules().Select(m => (m.module, m.module.training)).OrderBy(m => Depth(model, m.module))];
        model.eval();
    }

    public void Dispose()
    {
        foreach (var (module, training) in _modes)
        {
            module.train(training);
        }
    }

    private static int Depth(nn.Module model, nn.Module module) =>
        model.named_modules().Where(m => ReferenceEquals(m.module, module)).Max(m => m.name.Count(c => c == '.'));
}
