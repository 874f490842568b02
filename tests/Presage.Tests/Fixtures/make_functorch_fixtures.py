#!/usr/bin/python3
"""Makes functorch.json: per-example gradient statistics of small networks, computed by PyTorch's functorch (vmap of grad) in float64.

FunctorchFixtureTests builds the same networks in TorchSharp and compares. Run by hand, never by the build, with Debian's PyTorch 1.13
(apt-get install python3-torch):

    /usr/bin/python3 tests/Presage.Tests/Fixtures/make_functorch_fixtures.py

Each network is written out below with PyTorch's own modules. LSTM and GRU have no batching rule in this version of functorch, so the recurrent
network is a GRU cell of two Linear layers called at every step, with the equations and the weight layout of torch.nn.GRU.
"""
import json
import pathlib

import torch
from functorch import grad, make_functional, vmap
from torch import nn
from torch.nn import functional

SEED = 20250131
CLASSES = 3
WIDTH = 6


def mlp():
    return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 7), nn.ReLU(), nn.Linear(7, CLASSES))


def cnn():
    return nn.Sequential(
        nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 2)),
        nn.ReLU(),
        nn.Conv2d(4, 6, (2, 3), groups=2, dilation=(1, 2)),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(36, CLASSES))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        self.norm1 = nn.GroupNorm(2, 4)
        self.conv1 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(1, 4)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        branch = self.conv1(functional.relu(self.norm1(x)))
        x = x + self.conv2(functional.relu(self.norm2(branch)))
        return self.head(x.mean((2, 3)))


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(9, WIDTH, padding_idx=0)
        self.norm = nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, tokens):
        x = self.embedding(tokens)
        y = self.norm(x)
        return self.head((x + self.attention(y, y, y)[0]).mean(1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.input = nn.Linear(4, 3 * WIDTH)
        self.hidden = nn.Linear(WIDTH, 3 * WIDTH)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x):
        state = x.new_zeros(x.shape[0], WIDTH)
        for step in range(x.shape[1]):
            input_reset, input_update, input_new = self.input(x[:, step]).chunk(3, 1)
            hidden_reset, hidden_update, hidden_new = self.hidden(state).chunk(3, 1)
            reset = torch.sigmoid(input_reset + hidden_reset)
            update = torch.sigmoid(input_update + hidden_update)
            new = torch.tanh(input_new + reset * hidden_new)
            state = (1 - update) * new + update * state
        return self.head(state)


class Tied(nn.Module):
    """The embedding's weight is also the output layer's."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CLASSES + 4, WIDTH)
        self.hidden = nn.Linear(WIDTH, WIDTH)
        self.head = nn.Linear(WIDTH, CLASSES + 4)
        self.head.weight = self.embedding.weight

    def forward(self, tokens):
        return self.head(torch.tanh(self.hidden(self.embedding(tokens).mean(1))))


def measure(name, model, inputs, classes=CLASSES):
    with torch.no_grad():
        # Away from the initial zeros and ones, so that no parameter's part in the gradient is hidden.
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    targets = torch.randint(0, classes, (len(inputs),))
    names = [n for n, _ in model.named_parameters()]
    apply, parameters = make_functional(model)
    assert len(names) == len(parameters), name

    def loss(parameters, example, target):
        return functional.cross_entropy(apply(parameters, example.unsqueeze(0)), target.unsqueeze(0))

    gradients = vmap(grad(loss), (None, 0, 0))(parameters, inputs, targets)
    losses = functional.cross_entropy(apply(parameters, inputs), targets, reduction="none")
    flat = torch.cat([g.flatten(1) for g in gradients], 1)
    return {
        "name": name,
        "inputType": str(inputs.dtype).removeprefix("torch."),
        "inputShape": list(inputs.shape),
        "inputs": inputs.flatten().tolist(),
        "targets": targets.tolist(),
        "losses": losses.tolist(),
        "squaredNorms": flat.square().sum(1).tolist(),
        "innerProducts": (flat @ flat.sum(0)).tolist(),
        "parameters": [
            {
                "name": n,
                "shape": list(p.shape),
                "values": p.flatten().tolist(),
                "sum": g.sum(0).flatten().tolist(),
                "sumOfSquares": g.square().sum(0).flatten().tolist(),
                "signSum": g.sign().sum(0).flatten().long().tolist(),
            }
            for n, p, g in zip(names, parameters, gradients)
        ],
    }


def text(value, indent=""):
    """JSON with a line for each array of numbers; floats in the shortest form that reads back as the same float64."""
    inner = indent + " "
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(k)}: {text(v, inner)}" for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(inner + text(v, inner) for v in value) + f"\n{indent}]"
    return json.dumps(value, separators=(",", ":"))


def main():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(SEED)
    tokens = torch.randint(0, 9, (6, 5))
    tokens[:, 3] = tokens[:, 1]
    tokens[1:, 4] = 0
    networks = [
        measure("mlp", mlp(), torch.randn(7, 5)),
        measure("cnn", cnn(), torch.randn(6, 2, 9, 7)),
        measure("residual", Residual(), torch.randn(5, 2, 6, 5)),
        measure("tokens", Tokens(), tokens),
        measure("recurrent", Recurrent(), torch.randn(6, 5, 4)),
        measure("tied", Tied(), torch.randint(0, CLASSES + 4, (6, 4)), CLASSES + 4),
    ]
    document = {"madeBy": f"make_functorch_fixtures.py, torch {torch.__version__}, float64, seed {SEED}", "networks": networks}
    pathlib.Path(__file__).with_name("functorch.json").write_text(text(document) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
