#!/usr/bin/env python3
"""The same derivatives by drift and by PyTorch and JAX, in one process, in rounds.

    benchmarks/peer.py --out peers.json                  what imports: torch, torch.func (PyTorch 2), jax
    benchmarks/peer.py --threads 2 --peers torch         one choice of threads a process: idle workers disturb one another

A round times every operation of every peer once, in random order, each for the same few milliseconds; ratios are taken within a
round. Nets, parameters and data come from libdrift_benchmark.so (drift's own side of the rounds); results are compared with
drift's, and the exit code is 1 if one differs by more than rounding. drift_benchmark_report makes tables and a figure of the
JSON. README.md says how to get the peers, and what they are given to be at their best.
"""

import argparse
import ctypes
import gc
import json
import math
import os
import pathlib
import random
import re
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
H = 0.125  # step size of modified_3: step_size of support/operations.hpp
OPERATIONS = ["gradient", "hvp", "hvp_cached", "gradient_and_hvp", "third_order", "modified_3"]
TOLERANCE = {"double": 1e-11, "float": 1e-3}  # largest difference of a component over the largest component


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, choices=[1, 2], help="of drift and of its peers (default 1)")
    parser.add_argument("--peers", default="torch,torch.func,jax", help="default: torch,torch.func,jax, as far as they import")
    parser.add_argument("--nets", help="default: iris,digits,mnist1k,conv (quick: iris); there is mnist6k too")
    parser.add_argument("--scalars", default="double,float")
    parser.add_argument("--rounds", type=int, help="default: 15 (quick: 3)")
    parser.add_argument("--milliseconds", type=float, help="time of each measurement; default: 15 (quick: 2)")
    parser.add_argument("--quick", action="store_true", help="a small run, to see that all works")
    parser.add_argument("--library", default=HERE.parent / "build/benchmark/benchmarks/libdrift_benchmark.so")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("peers.json"))
    options = parser.parse_args()
    options.nets = options.nets or ("iris" if options.quick else "iris,digits,mnist1k,conv")
    options.rounds = options.rounds or (3 if options.quick else 15)
    options.milliseconds = options.milliseconds or (2 if options.quick else 15)
    return options


def set_environment(threads):
    """What has to stand before the peers are loaded; what the user has set stays."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    # OpenBLAS does not know every (virtual) processor, and then takes a kernel from before AVX.
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as cpuinfo:
        flags = next((line.split() for line in cpuinfo if line.startswith("flags")), [])
    core = "SkylakeX" if "avx512f" in flags else "Haswell" if "avx2" in flags else None
    if core:
        os.environ.setdefault("OPENBLAS_CORETYPE", core)
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    if threads == 1:
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
        # All threads that the peers make are then on this core too.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class Drift:
    """drift's side: a case of libdrift_benchmark.so."""

    name = "drift"

    def __init__(self, library, net, scalar, threads):
        self.library = library
        self.handle = library.drift_benchmark_create(net.encode(), scalar.encode(), threads)
        if not self.handle:
            raise RuntimeError(library.drift_benchmark_error().decode())
        sizes = (ctypes.c_long * 3)()
        library.drift_benchmark_sizes(self.handle, sizes)
        self.examples, self.inputs, self.parameters = sizes
        self.x = np.empty((self.examples, self.inputs))
        self.labels = np.empty(self.examples, dtype=np.int32)
        self.theta = np.empty(self.parameters)
        self.direction = np.empty(self.parameters)
        library.drift_benchmark_data(self.handle, pointer(self.x), pointer(self.labels, ctypes.c_int),
                                     pointer(self.theta), pointer(self.direction))

    def close(self):
        self.library.drift_benchmark_destroy(self.handle)

    def seconds(self, operation, repetitions):
        taken = self.library.drift_benchmark_run(self.handle, operation.encode(), repetitions)
        if taken < 0:
            raise RuntimeError(self.library.drift_benchmark_error().decode())
        return taken

    def result(self, operation):
        numbers = np.empty(self.parameters)
        if self.library.drift_benchmark_result(self.handle, operation.encode(), pointer(numbers)):
            raise RuntimeError(self.library.drift_benchmark_error().decode())
        return numbers


def pointer(array, kind=ctypes.c_double):
    return array.ctypes.data_as(ctypes.POINTER(kind))


def load(path):
    library = ctypes.CDLL(str(path))
    handle, text = ctypes.c_void_p, ctypes.c_char_p
    doubles = ctypes.POINTER(ctypes.c_double)
    signatures = {
        "error": (text, []),
        "description": (text, []),
        "create": (handle, [text, text, ctypes.c_int]),
        "destroy": (None, [handle]),
        "sizes": (None, [handle, ctypes.POINTER(ctypes.c_long)]),
        "data": (None, [handle, doubles, ctypes.POINTER(ctypes.c_int), doubles, doubles]),
        "run": (ctypes.c_double, [handle, text, ctypes.c_long]),
        "result": (ctypes.c_int, [handle, text, doubles]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, "drift_benchmark_" + name)
        function.restype, function.argtypes = result, arguments
    return library


# Parameter arrays of each net in the order of the flat vector; a weight is outputs x inputs (x kernel), row by row.
def dense_shapes(*widths):
    return [shape for n, m in zip(widths, widths[1:]) for shape in ((m, n), (m,))]


SHAPES = {
    "iris": dense_shapes(4, 10, 10, 3),
    "digits": dense_shapes(64, 100, 100, 10),
    "mnist1k": dense_shapes(784, 100, 100, 10),
    "mnist6k": dense_shapes(784, 100, 100, 10),
    "conv": [(16, 4, 3, 3), (16,)] + dense_shapes(1024, 128, 3),
}


def split(flat, net):
    parts, offset = [], 0
    for shape in SHAPES[net]:
        size = math.prod(shape)
        parts.append(flat[offset:offset + size].reshape(shape))
        offset += size
    return parts


class Peer:
    """run[operation]() computes; result(operation) is the flat vector that it should be."""

    def seconds(self, operation, repetitions):
        run = self.run[operation]
        run()  # what ran before has filled the caches, and workers have gone to sleep; drift's side does the same
        start = time.perf_counter()
        for _ in range(repetitions):
            run()
        return (time.perf_counter() - start) / repetitions


class Torch(Peer):
    """Reverse mode over reverse mode, as PyTorch's users write it."""

    def __init__(self, drift, net, scalar, threads):
        import torch

        self.torch = torch
        self.name = "PyTorch " + torch.__version__
        torch.set_num_threads(threads)
        self.number = torch.float64 if scalar == "double" else torch.float32
        self.net = net
        self.x = self.tensor(drift.x)
        if net == "conv":
            self.x = self.x.reshape(-1, 4, 10, 10)
        self.labels = torch.from_numpy(drift.labels.astype(np.int64))
        self.theta = [self.tensor(part).requires_grad_() for part in split(drift.theta, net)]
        self.v = [self.tensor(part) for part in split(drift.direction, net)]
        self.run = self.operations()

    def tensor(self, array):
        return self.torch.from_numpy(np.ascontiguousarray(array)).to(self.number).clone()

    def loss(self, theta):
        functional = self.torch.nn.functional
        a, weights = self.x, list(theta)
        if self.net == "conv":
            a = self.torch.tanh(functional.conv2d(a, weights[0], weights[1])).flatten(1)
            weights = weights[2:]
        while len(weights) > 2:
            a = self.torch.tanh(functional.linear(a, weights[0], weights[1]))
            weights = weights[2:]
        return functional.cross_entropy(functional.linear(a, weights[0], weights[1]), self.labels)

    def operations(self):
        grad, theta, v = self.torch.autograd.grad, self.theta, self.v

        def detached(vectors):
            return [each.detach() for each in vectors]

        def dot(a, b):
            return sum((x * y).sum() for x, y in zip(a, b))

        def gradient():
            return grad(self.loss(theta), theta)

        def hvp():
            return grad(grad(self.loss(theta), theta, create_graph=True), theta, v)

        graph = grad(self.loss(theta), theta, create_graph=True)

        def hvp_cached():
            return grad(graph, theta, v, retain_graph=True)

        def gradient_and_hvp():
            g = grad(self.loss(theta), theta, create_graph=True)
            return grad(g, theta, detached(g))

        def third_order():
            g = grad(self.loss(theta), theta, create_graph=True)
            fixed = detached(g)
            hg = grad(g, theta, fixed, create_graph=True)
            return grad(hg, theta, fixed)

        def modified_3():
            g = grad(self.loss(theta), theta, create_graph=True)
            fixed = detached(g)
            hg = grad(g, theta, fixed, create_graph=True)
            last = grad(dot(hg, fixed) / 12 + dot(g, detached(hg)) / 3, theta)
            return [-a - (H / 2) * b - (H * H) * c for a, b, c in zip(fixed, detached(hg), last)]

        return {f.__name__: f for f in (gradient, hvp, hvp_cached, gradient_and_hvp, third_order, modified_3)}

    def result(self, operation):
        parts = [part.detach().double().numpy().ravel() for part in self.run[operation]()]
        return np.concatenate(parts)


class TorchFunc(Torch):
    """torch.func: forward mode over reverse mode."""

    def __init__(self, drift, net, scalar, threads):
        super().__init__(drift, net, scalar, threads)
        self.name = "torch.func " + self.torch.__version__

    def operations(self):
        from torch.func import grad, jvp

        theta = tuple(each.detach() for each in self.theta)
        v = tuple(self.v)
        g = grad(lambda t: self.loss(t))

        def along(fixed):
            return lambda t: jvp(g, (t,), (fixed,))  # g and H fixed

        def gradient():
            return g(theta)

        def hvp():
            return along(v)(theta)[1]

        def gradient_and_hvp():
            return along(g(theta))(theta)[1]

        def third_order():
            fixed = g(theta)
            return jvp(lambda t: along(fixed)(t)[1], (theta,), (fixed,))[1]

        return {f.__name__: f for f in (gradient, hvp, gradient_and_hvp, third_order)}


class Jax(Peer):
    """Forward mode over reverse mode, compiled by jit; images as NHWC, weights as inputs x outputs: what XLA has fast code for."""

    def __init__(self, drift, net, scalar, threads):
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax, self.jnp = jax, jax.numpy
        self.name = "JAX " + jax.__version__
        self.net = net
        number = np.float64 if scalar == "double" else np.float32
        x = drift.x.reshape(-1, 4, 10, 10).transpose(0, 2, 3, 1) if net == "conv" else drift.x
        self.x = self.jnp.asarray(x.astype(number))
        self.labels = self.jnp.asarray(drift.labels)
        self.theta = self.arrays(drift.theta, number)
        self.v = self.arrays(drift.direction, number)
        self.run = self.operations()

    def arrays(self, flat, number):
        parts = []
        for i, part in enumerate(split(flat, self.net)):
            if part.ndim == 4:
                part = part.transpose(2, 3, 1, 0)
            elif part.ndim == 2:
                if self.net == "conv" and i == 2:  # its inputs stand channel by channel
                    part = part.reshape(-1, 16, 8, 8).transpose(0, 2, 3, 1).reshape(part.shape)
                part = part.T
            parts.append(self.jnp.asarray(part.astype(number)))
        return parts

    def flat(self, parts):
        flat = []
        for i, part in enumerate(np.asarray(each, dtype=np.float64) for each in parts):
            if part.ndim == 4:
                part = part.transpose(3, 2, 0, 1)
            elif part.ndim == 2:
                part = part.T
                if self.net == "conv" and i == 2:
                    part = part.reshape(-1, 8, 8, 16).transpose(0, 3, 1, 2)
            flat.append(part.ravel())
        return np.concatenate(flat)

    def loss(self, theta, x, labels):
        jax, jnp = self.jax, self.jnp
        a, weights = x, list(theta)
        if self.net == "conv":
            a = jax.lax.conv_general_dilated(a, weights[0], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            a = jnp.tanh(a + weights[1]).reshape(a.shape[0], -1)
            weights = weights[2:]
        while len(weights) > 2:
            a = jnp.tanh(a @ weights[0] + weights[1])
            weights = weights[2:]
        z = a @ weights[0] + weights[1]
        chosen = jnp.take_along_axis(z, labels[:, None], axis=1)[:, 0]
        return jnp.mean(jax.nn.logsumexp(z, axis=1) - chosen)

    def operations(self):
        jax = self.jax
        grad = jax.grad(self.loss)

        def tree(f, *trees):
            return jax.tree_util.tree_map(f, *trees)

        def along(fixed, x, labels):
            return lambda t: jax.jvp(lambda s: grad(s, x, labels), (t,), (fixed,))

        def gradient(t, v, x, labels):
            return grad(t, x, labels)

        def hvp(t, v, x, labels):
            return along(v, x, labels)(t)[1]

        def gradient_and_hvp(t, v, x, labels):
            g = grad(t, x, labels)
            return g, along(g, x, labels)(t)[1]

        def third(t, x, labels):
            g = grad(t, x, labels)
            hg, third = jax.jvp(lambda s: along(g, x, labels)(s)[1], (t,), (g,))
            return g, hg, third

        def third_order(t, v, x, labels):
            return third(t, x, labels)

        def modified_3(t, v, x, labels):
            g, hg, d3 = third(t, x, labels)
            hhg = along(hg, x, labels)(t)[1]
            return tree(lambda a, b, c, d: -a - (H / 2) * b - (H * H) * (c / 3 + d / 12), g, hg, hhg, d3)

        def bound(f):
            compiled = jax.jit(f)
            return lambda: jax.block_until_ready(compiled(self.theta, self.v, self.x, self.labels))

        run = {f.__name__: bound(f) for f in (gradient, hvp, gradient_and_hvp, third_order, modified_3)}
        _, product = jax.linearize(lambda t: grad(t, self.x, self.labels), self.theta)
        compiled_product = jax.jit(product)
        run["hvp_cached"] = lambda: jax.block_until_ready(compiled_product(self.v))
        return run

    def result(self, operation):
        result = self.run[operation]()
        return self.flat(result[-1] if isinstance(result, tuple) else result)


def peers_of(names):
    """The classes of the peers that can be imported."""
    classes = []
    for name in names:
        try:
            if name == "torch":
                import torch  # noqa: F401
                classes.append(Torch)
            elif name == "torch.func":
                from torch.func import jvp  # noqa: F401
                classes.append(TorchFunc)
            elif name == "jax":
                import jax  # noqa: F401
                classes.append(Jax)
            else:
                sys.exit(f"peer.py: --peers {name}: must be among torch, torch.func, jax")
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return classes


def repetitions_for(who, operation, seconds):
    who.seconds(operation, 1)
    who.seconds(operation, 1)
    repetitions = 1
    taken = who.seconds(operation, repetitions)
    while taken * repetitions < seconds / 10:
        repetitions *= 4
        taken = who.seconds(operation, repetitions)
    return max(1, round(seconds / taken))


def rounded(x):
    return float(f"{x:.4g}")


def measure(drift, net, scalar, options, classes, pause):
    """The series of one net and number type."""
    people = [drift]
    for each in classes:
        people.append(each(drift, net, scalar, options.threads))
    series, work = [], []
    for who in people:
        for operation in OPERATIONS:
            if who is not drift and operation not in who.run:
                continue
            entry = {"by": who.name, "operation": operation, "scalar": scalar, "threads": options.threads}
            if who is not drift:
                try:
                    theirs = who.result(operation)
                except (RuntimeError, NotImplementedError) as error:  # such as a missing derivative of a derivative
                    print(f"{who.name} cannot do {operation}: {str(error).splitlines()[0]}", file=sys.stderr)
                    continue
                ours = drift.result(operation)
                entry["difference"] = rounded(float(np.max(np.abs(theirs - ours)) / np.max(np.abs(ours))))
            entry["repetitions"] = repetitions_for(who, operation, options.milliseconds / 1000)
            entry["microseconds"] = []
            series.append(entry)
            work.append((who, entry))
    gc.collect()
    gc.disable()
    for _ in range(options.rounds):
        random.shuffle(work)
        for who, entry in work:
            time.sleep(pause)
            entry["microseconds"].append(rounded(1e6 * who.seconds(entry["operation"], entry["repetitions"])))
    gc.enable()
    return series


def main():
    options = parse()
    set_environment(options.threads)
    global np
    import numpy as np

    library = load(options.library)
    classes = peers_of(options.peers.split(","))
    if not classes:
        sys.exit("peer.py: there is no peer: README.md says how to get one")
    random.seed(1)
    pause = 0.005 if options.threads > 1 else 0  # for idle workers to stop spinning
    load_before = os.getloadavg()[0]
    result = {"program": "peer.py", **json.loads(library.drift_benchmark_description())}
    result.update(threads=options.threads, rounds=options.rounds, milliseconds=options.milliseconds, groups=[])
    for net in options.nets.split(","):
        group = {"name": net, "about": net, "series": []}
        for scalar in options.scalars.split(","):
            try:
                drift = Drift(library, net, scalar, options.threads)
            except RuntimeError as error:
                print(f"{net}, {scalar} is left out: {error}", file=sys.stderr)
                continue
            group["series"] += measure(drift, net, scalar, options, classes, pause)
            drift.close()
            print(f"{net}, {scalar}: done", file=sys.stderr)
        if group["series"]:
            result["groups"].append(group)
    if not result["groups"]:
        sys.exit("peer.py: nothing was measured")
    result["load"] = [load_before, os.getloadavg()[0]]
    result["made_with"]["python"] = sys.version.split()[0]
    result["made_with"]["peers"] = sorted({entry["by"] for group in result["groups"] for entry in group["series"]} - {"drift"})
    for name in ("OPENBLAS_CORETYPE", "XLA_FLAGS"):
        result["made_with"][name] = os.environ.get(name, "")

    text = json.dumps(result, indent=1)
    for innermost in (r"\[[^][{}]*\]", r"\{[^{}]*\}"):  # arrays of numbers, and then each series, on one line
        text = re.sub(innermost, lambda found: " ".join(found[0].split()), text)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(options.out)
    wrong = [entry for group in result["groups"] for entry in group["series"]
             if not entry.get("difference", 0) <= TOLERANCE[entry["scalar"]]]
    for entry in wrong:
        print(f"{entry['by']} {entry['operation']} {entry['scalar']}: differs by {entry['difference']}",
              file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
