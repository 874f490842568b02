using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OwnLoop;

/// <summary>A small convolutional network, as one writes it in TorchSharp: layers in fields, and a forward of one's own.</summary>
internal sealed class Network : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> conv1 = Conv2d(1, 10, 5);
    private readonly Module<Tensor, Tensor> conv2 = Conv2d(10, 25, 5);
    private readonly Module<Tensor, Tensor> dropout = Dropout(0.25);
    private readonly Module<Tensor, Tensor> fc1 = Linear(25 * 4 * 4, 250);
    private readonly Module<Tensor, Tensor> fc2 = Linear(250, 10);

    public Network()
        : base(nameof(Network)) => RegisterComponents();

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = functional.max_pool2d(functional.relu(conv1.call(input)), 2);
        x = functional.max_pool2d(functional.relu(conv2.call(x)), 2).flatten(1);
        // Invoked by forward(), as one sees it often: hooks do not fire, and the monitor sees to it.
        x = functional.relu(fc1.forward(x));
        return fc2.call(dropout.call(x)).MoveToOuterDisposeScope();
    }
}
