#!/usr/bin/python3
"""The peer's side of the speed comparison: sums of per-example gradients by functorch's vmap of grad.

For each network, in float32 on random inputs, a batch of 256: the time of a plain forward and backward pass, and of what Presage measures at
its core: sum of g, sum of g squared (every parameter) and the squared norm of g (every example and parameter tensor).

    /usr/bin/python3 bench/peers/functorch_moments.py --seconds 20

prints one JSON document. Exit code 2, with a sentence, where torch or functorch cannot be imported (Debian: apt-get install python3-torch).

The peer is taken at its best. Fresh memory is slow: freed memory is kept, and gradients are squared in place. The gradients of a whole batch do
not fit into the processor's caches: vmap is run over chunks of the batch too. All variants are timed in turn, one run of each a round and the
plain pass with them, and the fastest (least median) is reported with its name.
"""
import argparse
import ctypes
import json
import os
import statistics
import sys
import time
import warnings

# Torch's threads and those of OpenBLAS would spin against each other for the same cores: short spinning for the ones, and the matrix products,
# small here, left to the calling thread. Several times faster than the defaults on a machine of few cores. Read when the libraries are loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    import torch
    from functorch import grad, make_functional, vmap
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    print(f"PyTorch with functorch cannot be imported: {error}.", file=sys.stderr)
    sys.exit(2)

BATCH = 256
CHUNKS = (16, 32, 64, 128, BATCH)
CLASSES = 10


def keep_freed_memory():
    """Tells glibc neither to map large blocks one by one nor to give memory back; other C libraries are left as they are."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        trim_threshold, mmap_max = -1, -4
        mallopt(trim_threshold, -1)
        mallopt(mmap_max, 0)


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 10, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(10, 25, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 250), nn.ReLU(), nn.Linear(250, CLASSES))


def mlp():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, CLASSES))


def plain(model, inputs, targets):
    parameters = list(model.parameters())
    return lambda: torch.autograd.grad(functional.cross_entropy(model(inputs), targets), parameters)


def moments(model, inputs, targets, chunk):
    apply, parameters = make_functional(model, disable_autograd_tracking=True)

    def loss(parameters, example, target):
        return functional.cross_entropy(apply(parameters, example.unsqueeze(0)), target.unsqueeze(0))

    gradients_of = vmap(grad(loss), (None, 0, 0))

    def reduce(gradients):
        total = gradients.sum(0)
        squares = gradients.square_()
        return total, squares.sum(0), squares.flatten(1).sum(1)

    def run():
        totals, squares, norms = [], [], []
        for start in range(0, BATCH, chunk):
            gradients = gradients_of(parameters, inputs[start:start + chunk], targets[start:start + chunk])
            parts = [reduce(g) for g in gradients]
            # The next chunk's gradients take the memory of these.
            del gradients
            norms.append([p[2] for p in parts])
            if start == 0:
                totals, squares = [p[0] for p in parts], [p[1] for p in parts]
            else:
                for total, square, part in zip(totals, squares, parts):
                    total += part[0]
                    square += part[1]
        return totals, squares, [torch.cat(n) for n in zip(*norms)]

    return run


def check(model, inputs, targets, run):
    """What is timed is what it is said to be: the sums are 256 times the gradient of the mean loss."""
    totals, squares, norms = run()
    for total, square, norm, gradient in zip(totals, squares, norms, plain(model, inputs, targets)()):
        scale = gradient.abs().max() * BATCH
        if (total - BATCH * gradient).abs().max() > 1e-3 * scale or abs(square.sum() / norm.sum() - 1) > 1e-3:
            raise ArithmeticError("The sums of per-example gradients are wrong.")


def measure(name, model, seconds):
    inputs, targets = torch.randn(BATCH, 1, 28, 28), torch.randint(0, CLASSES, (BATCH,))
    variants = {f"vmap(grad), chunks of {chunk}, squared in place": moments(model, inputs, targets, chunk) for chunk in CHUNKS}
    for run in variants.values():
        check(model, inputs, targets, run)
    candidates = {"plain": plain(model, inputs, targets), **variants}
    times = {candidate: [] for candidate in candidates}
    end = time.perf_counter() + seconds
    # The first two rounds warm up: memory is taken and kernels are chosen.
    for round_number in range(sys.maxsize):
        if round_number >= 5 and time.perf_counter() >= end:
            break
        for candidate, run in candidates.items():
            started = time.perf_counter()
            run()
            if round_number >= 2:
                times[candidate].append(1e3 * (time.perf_counter() - started))
    medians = {candidate: statistics.median(t) for candidate, t in times.items()}
    fastest = min(variants, key=medians.get)
    return {
        "name": name,
        "plain_ms": round(medians["plain"], 3),
        "moments_ms": round(medians[fastest], 3),
        "runs": len(times["plain"]),
        "variant": fastest,
        "variants_ms": {variant: round(medians[variant], 3) for variant in variants},
    }


def main():
    parser = argparse.ArgumentParser(description="Times functorch's per-example gradient moments; prints JSON.")
    parser.add_argument("--seconds", type=float, default=10, help="time to spend a network")
    seconds = parser.parse_args().seconds
    warnings.filterwarnings("ignore")
    keep_freed_memory()
    torch.manual_seed(1)
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    cases = [measure("cnn", cnn(), seconds), measure("mlp", mlp(), seconds)]
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "cases": cases}))


if __name__ == "__main__":
    main()
