# Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
"""Golden vectors from an independent double-precision evaluation of the published formulas.

Every variant is written here once more, in the plainest form, from its mathematics (the dense basis, no recurrence the
kernels share, no fusion), evaluated with PyTorch in float64; gradients come from automatic differentiation of that
formula and are confirmed by central differences before a file is written.

    python generate.py [NAME..]  writes the files of CASES, or those named, into ../resources/golden
    python generate.py --penalties  writes ../resources/penalties: pykan's regularisation of golden models, by its formula
    python generate.py --check   evaluates every file in ../resources/golden, those made by the published PyTorch
                                 implementations included, and prints the largest relative error of each

Needs torch, numpy, safetensors and mpmath. The cases are deterministic: each is seeded by its name.
"""
import json
import math
import pathlib
import sys
import zlib

import mpmath
import numpy
import torch
from safetensors import safe_open
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "resources" / "golden"
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


# ------------------------------------------------------------------------------------------------------------ formulas

def silu(x):
    return x / (1 + torch.exp(-x))


def layer_norm(x, weight, bias, eps=1e-5):
    mean = x.mean(1, keepdim=True)
    var = ((x - mean) ** 2).mean(1, keepdim=True)
    return (x - mean) / torch.sqrt(var + eps) * weight + bias


def b_splines(x, knots, order):
    """x (B, in), knots (in, G + 2k + 1) -> (B, in, G + k), Cox-de Boor on half-open intervals, 0/0 = 0."""
    x, t = x[:, :, None], knots[None]
    basis = ((x >= t[..., :-1]) & (x < t[..., 1:])).to(x.dtype)
    for k in range(1, order + 1):
        left, right = t[..., k:-1] - t[..., :-k - 1], t[..., k + 1:] - t[..., 1:-k]
        a = torch.where(left > 0, (x - t[..., :-k - 1]) / torch.where(left > 0, left, 1), 0.0)
        b = torch.where(right > 0, (t[..., k + 1:] - x) / torch.where(right > 0, right, 1), 0.0)
        basis = a * basis[..., :-1] + b * basis[..., 1:]
    return basis


def gaussians(z, centres, h):
    return torch.exp(-((z[..., None] - centres) / h) ** 2)


def rswaf_basis(z, centres, inv):
    return 1 - torch.tanh((z[..., None] - centres) * inv) ** 2


def chebyshev_power_coefficients(d):
    """T_d as powers of t, the integer coefficients exact."""
    return numpy.polynomial.chebyshev.cheb2poly([0] * d + [1])


def polynomial(t, coefficients):
    value = torch.zeros_like(t)
    for c in reversed([float(c) for c in coefficients]):
        value = value * t + c
    return value


def jacobi_power_coefficients(d, a, b):
    """P_d^(a,b) as powers of t from the explicit sum over ((t-1)/2)^s, in 50 digits (not the three-term recurrence)."""
    with mpmath.workdps(50):
        a, b = mpmath.mpf(a), mpmath.mpf(b)
        total = [mpmath.mpf(0)] * (d + 1)
        for s in range(d + 1):
            c = mpmath.binomial(d, s) * mpmath.rf(a + b + d + 1, s) * mpmath.rf(a + s + 1, d - s) / mpmath.factorial(d)
            for m in range(s + 1):  # c ((t - 1)/2)^s
                total[m] += c * mpmath.binomial(s, m) * (-1) ** (s - m) / mpmath.mpf(2) ** s
        check = sum(c * mpmath.mpf("0.3") ** m for m, c in enumerate(total))
        assert abs(check - mpmath.jacobi(d, a, b, mpmath.mpf("0.3"))) < mpmath.mpf(10) ** -30
        return total


def wavelet(u, kind):
    if kind == "mexican_hat":  # the sign of the published code
        return 2 / (math.sqrt(3) * math.pi ** 0.25) * (u ** 2 - 1) * torch.exp(-u ** 2 / 2)
    if kind == "morlet":
        return torch.cos(5 * u) * torch.exp(-u ** 2 / 2)
    if kind == "dog":
        return -u * torch.exp(-u ** 2 / 2)
    if kind == "meyer":
        v = torch.abs(u)
        t = 2 * v - 1
        nu = t ** 4 * (35 - 84 * t + 70 * t ** 2 - 20 * t ** 3)
        aux = torch.where(v <= 0.5, torch.ones_like(v), torch.where(v < 1, torch.cos(math.pi / 2 * nu), 0.0))
        return torch.sin(math.pi * v) * aux
    if kind == "shannon":  # u (B, out, in): a Hamming window over the features
        n = u.shape[-1]
        i = torch.arange(n)
        window = 0.54 - 0.46 * torch.cos(2 * math.pi * i / (n - 1)) if n > 1 else torch.ones(1)
        return torch.where(u == 0, 1.0, torch.sin(u) / torch.where(u == 0, 1, u)) * window
    raise ValueError(kind)


def dense(basis, coef):
    """basis (B, in, n), coef (out, in, n) -> (B, out)."""
    return torch.einsum("bin,oin->bo", basis, coef)


# ------------------------------------------------------------------------------------- models: (config, params, x) -> y

def depth(p, key, first=0):
    l = first
    while key.format(l) in p:
        l += 1
    return l - first


def efficient_kan(c, p, x):
    for l in range(depth(p, "layers.{}.base_weight")):
        base, w = p[f"layers.{l}.base_weight"], p[f"layers.{l}.spline_weight"]
        knots = p[f"layers.{l}.grid"]
        order = knots.shape[1] - 1 - w.shape[2]
        scaler = p.get(f"layers.{l}.spline_scaler")
        coef = w if scaler is None else w * scaler[:, :, None]
        x = silu(x) @ base.T + dense(b_splines(x, knots, order), coef)
    return x


def pykan(c, p, x, layers=None):
    """The output; appends to `layers` each layer's input (B, in) and the outputs of its edges (B, in, out)."""
    width = [w if isinstance(w, list) else [w, 0] for w in c["width"]]
    arity = c.get("mult_arity", 2)
    base = {"silu": silu, "identity": lambda x: x, "zero": torch.zeros_like}[c.get("base_fun", "silu")]
    for l in range(len(width) - 1):
        a = f"act_fun.{l}."
        coef, knots = p[a + "coef"], p[a + "grid"]  # (in, out, n), (in, K)
        spline = torch.einsum("bin,ion->bio", b_splines(x, knots, knots.shape[1] - 1 - coef.shape[2]), coef)
        edges = p[a + "mask"] * (p[a + "scale_base"] * base(x)[:, :, None] + p[a + "scale_sp"] * spline)
        if layers is not None:
            layers.append((x, edges))
        y = edges.sum(1) * p[f"subnode_scale_{l}"] + p[f"subnode_bias_{l}"]
        s = width[l + 1][0]
        products = [y[:, s + m * arity:s + (m + 1) * arity].prod(1, keepdim=True) for m in range(width[l + 1][1])]
        x = torch.cat([y[:, :s]] + products, 1) * p[f"node_scale_{l}"] + p[f"node_bias_{l}"]
    return x


def fastkan(c, p, x):
    lo, hi = c.get("grid_min", -2.0), c.get("grid_max", 2.0)
    for l in range(depth(p, "layers.{}.spline_linear.weight")):
        a = f"layers.{l}."
        centres = p[a + "rbf.grid"]
        z = layer_norm(x, p[a + "layernorm.weight"], p[a + "layernorm.bias"])
        w = p[a + "spline_linear.weight"].reshape(-1, x.shape[1], len(centres))
        y = dense(gaussians(z, centres, (hi - lo) / (len(centres) - 1)), w)
        if a + "base_linear.weight" in p:
            y = y + silu(x) @ p[a + "base_linear.weight"].T + p[a + "base_linear.bias"]
        x = y
    return x


def rswaf(c, p, x):
    for l in range(depth(p, "{}.weight")):
        centres = p[f"{l}.grid"]
        z = layer_norm(x, p[f"{l}.layernorm.weight"], p[f"{l}.layernorm.bias"])
        w = p[f"{l}.weight"].reshape(-1, x.shape[1], len(centres))
        x = dense(rswaf_basis(z, centres, p[f"{l}.inv_denominator"]), w)
    return x


def fasterkan(c, p, x):
    """The published forward: inv_denominator is stored but not used; the gradients here are those of this forward."""
    for l in range(depth(p, "layers.{}.spline_linear.weight")):
        a = f"layers.{l}."
        centres = p[a + "rbf.grid"]
        z = layer_norm(x, p[a + "layernorm.weight"], p[a + "layernorm.bias"])
        x = dense(rswaf_basis(z, centres, 1.0), p[a + "spline_linear.weight"].reshape(-1, x.shape[1], len(centres)))
    return x


def numbers(p, ending):
    """Numbers of a torch.nn.Sequential's modules that have a tensor of this name."""
    return sorted(int(n.split(".")[0]) for n in p if n.endswith(ending))


def layer_norm_at(p, l, x):
    """A torch.nn.LayerNorm, where there is one of this number."""
    if f"{l}.weight" not in p:
        return x
    z = (x - x.mean(1, keepdim=True)) / torch.sqrt(x.var(1, unbiased=False, keepdim=True) + 1e-5)
    return z * p[f"{l}.weight"] + p[f"{l}.bias"]


def chebykan(c, p, x):
    for l in numbers(p, ".cheby_coeffs"):
        coef = p[f"{l}.cheby_coeffs"]  # (in, out, D + 1)
        t = torch.tanh(x)
        basis = torch.stack([polynomial(t, chebyshev_power_coefficients(d)) for d in range(coef.shape[2])], 2)
        x = layer_norm_at(p, l + 1, torch.einsum("bid,iod->bo", basis, coef))
    return x


def jacobikan(c, p, x):
    a, b = c.get("a", 1.0), c.get("b", 1.0)
    for l in numbers(p, ".jacobi_coeffs"):
        coef = p[f"{l}.jacobi_coeffs"]  # (in, out, D + 1)
        t = torch.tanh(x)
        basis = torch.stack([polynomial(t, jacobi_power_coefficients(d, a, b)) for d in range(coef.shape[2])], 2)
        x = layer_norm_at(p, l + 1, torch.einsum("bid,iod->bo", basis, coef))
    return x


def fourierkan(c, p, x):
    for l in range(depth(p, "{}.fouriercoeffs")):
        w = p[f"{l}.fouriercoeffs"]  # (2, out, in, G)
        k = torch.arange(1, w.shape[3] + 1)
        kx = x[..., None] * k
        x = dense(torch.cos(kx), w[0]) + dense(torch.sin(kx), w[1]) + p[f"{l}.bias"]
    return x


def sinekan(c, p, x):
    for l in range(depth(p, "layers.{}.amplitudes")):
        a = f"layers.{l}."
        s = torch.sin(x[:, None, :, None] * p[a + "freq"] + p[a + "phase"])  # (B, 1, in, G)
        x = dense(s[:, 0], p[a + "amplitudes"]) + p[a + "bias"]
    return x


def wavkan(c, p, x):
    kind, train = c.get("wavelet_type", "mexican_hat"), c.get("mode", "train") == "train"
    for l in range(depth(p, "layers.{}.wavelet_weights")):
        a = f"layers.{l}."
        u = (x[:, None, :] - p[a + "translation"]) / p[a + "scale"]  # (B, out, in)
        y = (wavelet(u, kind) * p[a + "wavelet_weights"]).sum(2)
        mean = y.mean(0) if train else p[a + "bn.running_mean"]
        var = ((y - y.mean(0)) ** 2).mean(0) if train else p[a + "bn.running_var"]
        x = (y - mean) / torch.sqrt(var + 1e-5) * p[a + "bn.weight"] + p[a + "bn.bias"]
    return x


def relukan(c, p, x):
    for l in range(depth(p, "rk_layers.{}.phase_low")):
        a = f"rk_layers.{l}."
        low, high = p[a + "phase_low"], p[a + "phase_height"]  # (in, g + k)
        n = low.shape[1]
        r = 4 * c["g"] ** 2 / (c["k"] + 1) ** 2
        assert n == c["g"] + c["k"]
        basis = (torch.relu(high - x[..., None]) * torch.relu(x[..., None] - low) * r) ** 2  # (B, in, n)
        w = p[a + "equal_size_conv.weight"]  # (out, 1, n, in), applied to the basis in flat order
        x = basis.reshape(len(x), -1) @ w.reshape(w.shape[0], -1).T + p[a + "equal_size_conv.bias"]
    return x


def rational(c, p, x):
    for l in range(1, 1 + depth(p, "fc{}.weight", 1)):
        a, b = p[f"act{l}.weight_numerator"][0], p[f"act{l}.weight_denominator"]
        groups = b.shape[0]
        per_input = torch.abs(b).repeat_interleave(x.shape[1] // groups, 0)  # (in, 4)
        num = sum(a[m] * x ** m for m in range(6))
        den = 1 + sum(per_input[:, m - 1] * torch.abs(x) ** m for m in range(1, 5))
        x = (num / den) @ p[f"fc{l}.weight"].T + p[f"fc{l}.bias"]
    return x


def bsrbf(c, p, x):
    lo, hi = c.get("grid_range", [-1.5, 1.5])
    for l in range(depth(p, "layers.{}.base_weight")):
        a = f"layers.{l}."
        z = layer_norm(x, p[a + "layernorm.weight"], p[a + "layernorm.bias"])
        knots, centres = p[a + "grid"], p[a + "rbf.grid"]
        n = len(centres)
        basis = b_splines(z, knots, knots.shape[1] - 1 - n) + gaussians(z, centres, (hi - lo) / (n - 1))
        w = p[a + "spline_weight"].reshape(-1, x.shape[1], n)
        x = silu(z) @ p[a + "base_weight"].T + dense(basis, w)
    return x


MODELS = {"efficient-kan": efficient_kan, "efficient-kan-update-grid": efficient_kan, "pykan": pykan,
          "fastkan": fastkan, "rswaf": rswaf, "fasterkan": fasterkan, "chebykan": chebykan, "jacobikan": jacobikan,
          "fourierkan": fourierkan, "sinekan": sinekan, "wavkan": wavkan, "relukan": relukan, "rational": rational,
          "bsrbf": bsrbf}


# ------------------------------------------------------------------------------------------- parameters of the new cases

class Rng:
    def __init__(self, name):
        self.g = torch.Generator().manual_seed(zlib.crc32(name.encode()))

    def normal(self, *shape, std=1.0):
        return torch.randn(shape, generator=self.g) * std

    def uniform(self, lo, hi, *shape):
        return lo + (hi - lo) * torch.rand(shape, generator=self.g)


def uniform_knots(grid, order, lo, hi, inputs):
    h = (hi - lo) / grid
    return (torch.arange(-order, grid + order + 1) * h + lo).repeat(inputs, 1)


def adaptive_knots(r, grid, order, lo, hi, inputs):
    """A knot vector of its own for each input, unevenly spaced inside, evenly outside."""
    inner = torch.sort(r.uniform(lo, hi, inputs, grid + 1), 1).values * 0.7 + 0.3 * torch.linspace(lo, hi, grid + 1)
    h = (inner[:, -1:] - inner[:, :1]) / grid
    steps = torch.arange(1, order + 1)
    return torch.cat([inner[:, :1] - h * steps.flip(0), inner, inner[:, -1:] + h * steps], 1)


def make_efficient_kan(r, c, adaptive=False):
    p, g, k = {}, c.get("grid_size", 5), c.get("spline_order", 3)
    lo, hi = c.get("grid_range", [-1, 1])
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        a = f"layers.{l}."
        p[a + "base_weight"] = r.normal(o, i, std=i ** -0.5)
        p[a + "spline_weight"] = r.normal(o, i, g + k, std=i ** -0.5)
        if c.get("enable_standalone_scale_spline", True):
            p[a + "spline_scaler"] = r.normal(o, i)
        p[a + "grid"] = adaptive_knots(r, g, k, lo, hi, i) if adaptive else uniform_knots(g, k, lo, hi, i)
    return p, {"grid"}


def make_pykan(r, c):
    width = [w if isinstance(w, list) else [w, 0] for w in c["width"]]
    p, arity, affine = {}, c.get("mult_arity", 2), c.pop("affine", False)
    for l in range(len(width) - 1):
        g = c["grid"][l] if isinstance(c.get("grid"), list) else c.get("grid", 3)
        k = c["k"][l] if isinstance(c.get("k"), list) else c.get("k", 3)
        i, nodes = sum(width[l]), sum(width[l + 1])
        o = width[l + 1][0] + arity * width[l + 1][1]
        a = f"act_fun.{l}."
        p[a + "grid"] = adaptive_knots(r, g, k, -1, 1, i)
        p[a + "coef"] = r.normal(i, o, g + k)
        p[a + "mask"] = (r.uniform(0, 1, i, o) > 0.25).to(torch.float64)
        p[a + "scale_base"] = r.normal(i, o, std=i ** -0.5)
        p[a + "scale_sp"] = r.normal(i, o, std=i ** -0.5)
        p[f"symbolic_fun.{l}.mask"] = torch.zeros(o, i)
        p[f"symbolic_fun.{l}.affine"] = r.normal(o, i, 4)
        for kind, n in (("node", nodes), ("subnode", o)):
            p[f"{kind}_bias_{l}"] = r.normal(n, std=0.3) if affine else torch.zeros(n)
            p[f"{kind}_scale_{l}"] = 1 + r.normal(n, std=0.3) if affine else torch.ones(n)
    return p, {"grid", "mask", "affine"} | (set() if affine else {"node_", "subnode_"})


def make_fastkan(r, c):
    p, n = {}, c.get("num_grids", 8)
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        a = f"layers.{l}."
        p[a + "layernorm.weight"], p[a + "layernorm.bias"] = 1 + r.normal(i, std=0.3), r.normal(i, std=0.3)
        p[a + "rbf.grid"] = torch.linspace(c.get("grid_min", -2.0), c.get("grid_max", 2.0), n)
        p[a + "spline_linear.weight"] = r.normal(o, i * n, std=(i * n) ** -0.5)
        if c.get("use_base_update", True):
            p[a + "base_linear.weight"], p[a + "base_linear.bias"] = r.normal(o, i, std=i ** -0.5), r.normal(o)
    return p, {"rbf.grid"}


def make_rswaf(r, c, published=False):
    p, n = {}, c.get("num_grids", 8)
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        a, b, w = (f"layers.{l}.", "rbf.", "spline_linear.weight") if published else (f"{l}.", "", "weight")
        p[f"{a}layernorm.weight"], p[f"{a}layernorm.bias"] = 1 + r.normal(i, std=0.3), r.normal(i, std=0.3)
        p[f"{a}{b}grid"] = torch.linspace(c.get("grid_min", -1.2), c.get("grid_max", 0.2), n)
        p[f"{a}{b}inv_denominator"] = torch.tensor(c.get("inv_denominator", 0.5))
        if not published:
            p[f"{a}{b}grid"] = p[f"{a}{b}grid"] + r.normal(n, std=0.05)
            p[f"{a}{b}inv_denominator"] = p[f"{a}{b}inv_denominator"] * (1 + 0.1 * l)
        p[a + w] = r.normal(o, i * n, std=(i * n) ** -0.5)
    return p, ({"rbf.grid", "inv_denominator"} if published else set())


def make_chebykan(r, c, norms=False):
    p, n = {}, c["degree"] + 1
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        l *= 2 if norms else 1
        p[f"{l}.cheby_coeffs"] = r.normal(i, o, n, std=(i * n) ** -0.5)
        p[f"{l}.arange"] = torch.arange(0, n, dtype=torch.float64)
        if norms and l < 2 * len(c["layers"]) - 4:
            p[f"{l + 1}.weight"], p[f"{l + 1}.bias"] = 1 + 0.3 * r.normal(o), 0.3 * r.normal(o)
    return p, {"arange"}


def make_jacobikan(r, c, norms=False):
    p, n = {}, c["degree"] + 1
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        l *= 2 if norms else 1
        p[f"{l}.jacobi_coeffs"] = r.normal(i, o, n, std=(i * n) ** -0.5)
        if norms and l < 2 * len(c["layers"]) - 4:
            p[f"{l + 1}.weight"], p[f"{l + 1}.bias"] = 1 + 0.3 * r.normal(o), 0.3 * r.normal(o)
    return p, set()


def make_fourierkan(r, c):
    p, n = {}, c["gridsize"]
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        scale = torch.arange(1, n + 1) ** 2 if c.get("smooth_initialization") else n ** 0.5
        p[f"{l}.fouriercoeffs"] = r.normal(2, o, i, n) / (i ** 0.5 * scale)
        p[f"{l}.bias"] = r.normal(1, o)
    return p, set()


def make_sinekan(r, c):
    p, n = {}, c["grid_size"]
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        a = f"layers.{l}."
        p[a + "amplitudes"] = r.normal(o, i, n, std=(i * n) ** -0.5)
        p[a + "freq"] = (torch.arange(1, n + 1) / (1 if l == 0 else n + 1)).reshape(1, 1, 1, n)
        factor = numpy.prod([0.9724108095811765 * m ** -0.9884401790754128 + 0.999449553483052 for m in range(1, n)])
        phase = torch.arange(1, n + 1)[None, :] / (n + 1) + torch.linspace(0, math.pi, i)[:, None]
        p[a + "phase"] = (phase * factor).reshape(1, 1, i, n)
        p[a + "bias"] = r.normal(1, o)
    return p, {"phase"}


def make_wavkan(r, c):
    p = {}
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        a = f"layers.{l}."
        p[a + "scale"] = 1 + r.uniform(-0.3, 0.3, o, i)
        p[a + "translation"] = r.normal(o, i, std=0.4)
        p[a + "weight1"] = r.normal(o, i)  # in the published state dict, not in the published output
        p[a + "wavelet_weights"] = r.normal(o, i)
        p[a + "bn.weight"], p[a + "bn.bias"] = 1 + r.normal(o, std=0.3), r.normal(o, std=0.3)
        p[a + "bn.running_mean"], p[a + "bn.running_var"] = r.normal(o, std=0.5), r.uniform(0.3, 2.0, o)
        p[a + "bn.num_batches_tracked"] = torch.tensor(12, dtype=torch.int64)
    return p, {"weight1", "running", "num_batches_tracked"}


def make_relukan(r, c):
    p, g, k = {}, c["g"], c["k"]
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        a = f"rk_layers.{l}."
        low = (torch.arange(-k, g) / g).repeat(i, 1)
        p[a + "phase_low"] = low + r.normal(i, g + k, std=0.02)
        p[a + "phase_height"] = low + (k + 1) / g + r.normal(i, g + k, std=0.02)
        p[a + "equal_size_conv.weight"] = r.normal(o, 1, g + k, i, std=0.6 * (i * (k + 1)) ** -0.5)
        p[a + "equal_size_conv.bias"] = r.uniform(0.2, 0.8, o)
    return p, set()


def make_rational(r, c):
    gelu = torch.tensor([[-.00153969, .51692871, .44075827, .0972553, -.00884418, -.00378675]])
    down = torch.tensor([[-.14171056, -.06481231, -.0444695, .01283776]])
    p, groups = {}, c.get("groups", 8)
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:]), 1):
        p[f"act{l}.weight_numerator"] = gelu + r.normal(1, 6, std=0.1)
        p[f"act{l}.weight_denominator"] = down.repeat(groups, 1) + r.normal(groups, 4, std=0.3)
        p[f"fc{l}.weight"], p[f"fc{l}.bias"] = r.normal(o, i, std=i ** -0.5), r.normal(o)
    return p, set()


def make_bsrbf(r, c):
    p, g, k = {}, c.get("grid_size", 5), c.get("spline_order", 3)
    lo, hi = c.get("grid_range", [-1.5, 1.5])
    for l, (i, o) in enumerate(zip(c["layers"], c["layers"][1:])):
        a = f"layers.{l}."
        p[a + "layernorm.weight"], p[a + "layernorm.bias"] = 1 + r.normal(i, std=0.3), r.normal(i, std=0.3)
        p[a + "base_weight"] = r.normal(o, i, std=i ** -0.5)
        p[a + "spline_weight"] = r.normal(o, i * (g + k), std=(i * 4) ** -0.5)
        p[a + "grid"] = uniform_knots(g, k, lo, hi, i)
        p[a + "rbf.grid"] = torch.linspace(lo, hi, g + k)
    return p, {"grid"}


def special(x):
    """Two rows of inputs where formulas are delicate: zeros, grid ends and points far outside."""
    values = torch.tensor([0.0, -1.0, 1.0, 6.0, -6.0, 0.5, 2.0, -2.0])
    x[0], x[1] = values[torch.arange(x.shape[1]) % 8], values[(torch.arange(x.shape[1]) + 3) % 8]
    return x


# name, variant, config, maker, batch, (low, high) of the inputs
CASES = [
    ("efficientkan_order4_wide", "efficient-kan", {"layers": [5, 67, 3], "spline_order": 4, "grid_size": 6},
     make_efficient_kan, 19, (-1.6, 1.6)),
    ("efficientkan_no_scaler", "efficient-kan",
     {"layers": [3, 5, 2], "enable_standalone_scale_spline": False, "grid_size": 1, "grid_range": [-0.5, 3]},
     make_efficient_kan, 16, (-3, 6)),
    ("efficientkan_uneven_order2", "efficient-kan", {"layers": [4, 3, 6], "spline_order": 2, "grid_size": 20},
     lambda r, c: make_efficient_kan(r, c, True), 33, (-1.4, 1.4)),
    ("efficientkan_1to1", "efficient-kan", {"layers": [1, 1], "spline_order": 5, "grid_size": 3},
     make_efficient_kan, 9, (-2.5, 2.5)),
    ("pykan_identity_masked", "pykan", {"width": [3, 6, 2], "grid": 4, "k": 2, "base_fun": "identity"},
     make_pykan, 18, (-1.5, 1.5)),
    ("pykan_zero_base", "pykan", {"width": [2, 3], "grid": 7, "base_fun": "zero"}, make_pykan, 16, (-1.3, 1.3)),
    ("pykan_multiplication", "pykan", {"width": [[3, 0], [2, 3], [1, 1]], "grid": [3, 6], "k": [3, 1], "affine": True},
     make_pykan, 17, (-1.2, 1.2)),
    ("pykan_multiplication_arity3", "pykan", {"width": [[2, 0], [0, 2], [2, 0]], "mult_arity": 3}, make_pykan, 16,
     (-1, 1)),
    ("fastkan_3layer", "fastkan",
     {"layers": [7, 65, 12, 2], "num_grids": 5, "grid_min": -1.5, "grid_max": 2.5}, make_fastkan, 18, (-4, 4)),
    ("rswaf_12centres", "rswaf", {"layers": [6, 9, 2], "num_grids": 12, "grid_min": -2.0, "grid_max": 1.5,
                                  "inv_denominator": 1.7}, make_rswaf, 17, (-4, 4)),
    ("fasterkan_2layer", "fasterkan", {"layers": [5, 4, 3]}, lambda r, c: make_rswaf(r, c, True), 16, (-4, 4)),
    ("chebykan_degree9", "chebykan", {"layers": [5, 7, 3], "degree": 9}, make_chebykan, 16, (-30, 30)),
    ("chebykan_degree1", "chebykan", {"layers": [2, 3], "degree": 1}, make_chebykan, 16, (-2, 2)),
    ("chebykan_layernorm", "chebykan", {"layers": [5, 7, 4, 3], "degree": 4}, lambda r, c: make_chebykan(r, c, True), 16,
     (-3, 3)),
    ("jacobikan_2layer", "jacobikan", {"layers": [4, 6, 3], "degree": 4}, make_jacobikan, 16, (-3, 3)),
    ("jacobikan_layernorm", "jacobikan", {"layers": [4, 9, 2], "degree": 3}, lambda r, c: make_jacobikan(r, c, True), 16,
     (-3, 3)),
    ("jacobikan_legendre", "jacobikan", {"layers": [3, 5, 2], "degree": 6, "a": 0.0, "b": 0.0}, make_jacobikan, 16,
     (-3, 3)),
    ("jacobikan_uneven", "jacobikan", {"layers": [5, 67, 3], "degree": 3, "a": -0.5, "b": 1.75}, make_jacobikan, 17,
     (-20, 20)),
    ("fourierkan_smooth", "fourierkan", {"layers": [5, 9, 2], "gridsize": 12, "smooth_initialization": True},
     make_fourierkan, 16, (-7, 7)),
    ("sinekan_3layer", "sinekan", {"layers": [3, 9, 5, 2], "grid_size": 8}, make_sinekan, 16, (-3, 3)),
    ("sinekan_1frequency", "sinekan", {"layers": [2, 3], "grid_size": 1}, make_sinekan, 16, (-3, 3)),
    ("wavkan_mexican_hat_train", "wavkan", {"layers": [4, 6, 3], "wavelet_type": "mexican_hat", "mode": "train"},
     make_wavkan, 16, (-3, 3)),
    ("wavkan_mexican_hat_eval", "wavkan", {"layers": [4, 6, 3], "wavelet_type": "mexican_hat", "mode": "eval"},
     make_wavkan, 16, (-3, 3)),
    ("wavkan_morlet_train", "wavkan", {"layers": [5, 67, 3], "wavelet_type": "morlet", "mode": "train"},
     make_wavkan, 19, (-3, 3)),
    ("wavkan_dog_eval", "wavkan", {"layers": [3, 5, 2], "wavelet_type": "dog", "mode": "eval"}, make_wavkan, 16, (-3, 3)),
    ("wavkan_meyer_train", "wavkan", {"layers": [3, 5, 2], "wavelet_type": "meyer", "mode": "train"}, make_wavkan, 16,
     (-1.5, 1.5)),
    ("wavkan_shannon_train", "wavkan", {"layers": [5, 4, 3], "wavelet_type": "shannon", "mode": "train"}, make_wavkan,
     16, (-8, 8)),
    ("wavkan_shannon_eval", "wavkan", {"layers": [1, 4, 2], "wavelet_type": "shannon", "mode": "eval"}, make_wavkan,
     16, (-8, 8)),
    ("relukan_2layer", "relukan", {"layers": [4, 6, 3], "g": 5, "k": 3}, make_relukan, 16, (-0.3, 1.3)),
    ("relukan_g7_k1", "relukan", {"layers": [3, 65, 2], "g": 7, "k": 1}, make_relukan, 16, (-0.1, 1.1)),
    ("rational_2layer", "rational", {"layers": [16, 24, 5]}, make_rational, 16, (-3, 3)),
    ("rational_3groups", "rational", {"layers": [6, 9, 3, 2], "groups": 3}, make_rational, 17, (-4, 4)),
    ("bsrbf_2layer", "bsrbf", {"layers": [4, 6, 3]}, make_bsrbf, 16, (-3, 3)),
    ("bsrbf_order2", "bsrbf", {"layers": [3, 5], "grid_size": 7, "spline_order": 2, "grid_range": [-2.0, 1.0]},
     make_bsrbf, 16, (-3, 3)),
]


# -------------------------------------------------------------------------------------------------- evaluate and write

def evaluate(variant, config, params, trainable, x, cotangent):
    """Output, input gradient and parameter gradients of sum(cotangent * output)."""
    leaves = {n: params[n].clone().requires_grad_(True) for n in trainable}
    x = x.clone().requires_grad_(True)
    y = MODELS[variant](config, {**params, **leaves}, x)
    grads = torch.autograd.grad((y * cotangent).sum(), [x, *leaves.values()], allow_unused=True)
    zeros = [g if g is not None else torch.zeros_like(v) for g, v in zip(grads, [x, *leaves.values()])]
    return y.detach(), zeros[0], dict(zip(leaves, zeros[1:]))


def central_difference(variant, config, params, x, cotangent, direction, h=1e-5):
    """4-point derivative of sum(cotangent * output) along `direction` = (of x, {name: of the parameter})."""
    def loss(s):
        moved = {n: v + s * direction[1][n] if n in direction[1] else v for n, v in params.items()}
        return float((MODELS[variant](config, moved, x + s * direction[0]) * cotangent).sum())
    return (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)


def write(name, variant, config, maker, batch, low_high):
    r = Rng(name)
    config = dict(config)
    params, fixed = maker(r, config)
    first = config.get("layers", config.get("width"))[0]
    x = r.uniform(*low_high, batch, first if isinstance(first, int) else sum(first))
    if batch > 4 and variant != "relukan":
        x = special(x)
    trainable = [n for n in params if not any(f in n for f in fixed)]
    probe = MODELS[variant](config, params, x)
    cotangent = r.normal(*probe.shape)
    y, grad_x, grads = evaluate(variant, config, params, trainable, x, cotangent)
    assert torch.isfinite(y).all() and torch.isfinite(grad_x).all(), name

    # Central differences, at inputs off the special rows (knots and kinks have one-sided derivatives only).
    calm = r.uniform(*low_high, *x.shape)
    _, gx, gp = evaluate(variant, config, params, trainable, calm, cotangent)
    for trial in range(4):
        d = (r.normal(*x.shape) * (trial != 1), {n: r.normal(*params[n].shape) * (trial != 2) for n in trainable})
        exact = float((d[0] * gx).sum() + sum((d[1][n] * gp[n]).sum() for n in trainable))
        # A smaller step where the formula or its derivative has kinks, so that no sample crosses one.
        kinked = variant == "relukan" or config.get("spline_order") == 1 or 1 in numpy.atleast_1d(config.get("k", 3))
        numeric = central_difference(variant, config, params, calm, cotangent, d, 1e-7 if kinked else 1e-5)
        assert abs(numeric - exact) <= 1e-6 * (abs(exact) + 1), (name, trial, numeric, exact)

    tensors = {"input": x, "output": y, "grad_output": cotangent, "grad_input": grad_x}
    tensors.update({f"param.{n}": v for n, v in params.items()})
    tensors.update({f"grad.{n}": v for n, v in grads.items()})
    metadata = {"variant": variant, "config": json.dumps(config), "reference": "generate.py"}
    save_file({n: v.contiguous().clone() for n, v in tensors.items()}, FOLDER / f"{name}.safetensors", metadata)
    print(f"{name}: {(FOLDER / (name + '.safetensors')).stat().st_size} bytes, "
          f"{float((y == 0).double().mean()):.0%} zero outputs")


def penalties(c, p, x, measure):
    """pykan's regularisation at factors of 1: of the edges' sizes, their entropies, the coefficients, their differences.

    Sizes: "mean_abs" mean |phi| (arXiv 2404.19756), "deviation" the standard deviation of phi over the rows (of a sample),
    "normalised_deviation" the same over that of the input + 0.1 (pykan's edge_forward_spline_u and _n)."""
    layers, total = [], torch.zeros(4)
    pykan(c, p, x, layers)
    for l, (z, edges) in enumerate(layers):
        if measure == "mean_abs":
            v = edges.abs().mean(0).T
        else:
            mean = edges.mean(0, keepdim=True)
            v = ((edges - mean) ** 2).sum(0) / (len(x) - 1)  # a masked edge has the deviation 0 and the derivative 0
            v = torch.where(v > 0, torch.where(v > 0, v, 1).sqrt(), 0.0).T  # (out, in)
            if measure == "normalised_deviation":
                v = v / ((((z - z.mean(0, keepdim=True)) ** 2).sum(0) / (len(x) - 1)).sqrt() + 0.1)
        rows, columns = v / (v.sum(1, keepdim=True) + 1), v / (v.sum(0, keepdim=True) + 1)
        entropy = -sum((q * torch.log(q + 1e-4) / math.log(2)).sum() / n for q, n in ((rows, v.shape[0]), (columns, v.shape[1])))
        coef = p[f"act_fun.{l}.coef"]  # (in, out, n)
        total = total + torch.stack([v.sum(), entropy, coef.abs().mean(1).sum(),
                                     (coef[..., 1:] - coef[..., :-1]).abs().mean(1).sum()])
    return total


def write_penalties(name):
    with safe_open(FOLDER / f"{name}.safetensors", "pt") as f:
        config, t = json.loads(f.metadata()["config"]), {k: f.get_tensor(k) for k in f.keys()}
    params = {k[6:]: v for k, v in t.items() if k.startswith("param.")}
    trainable = [n for n in params if n.split(".")[-1] in ("coef", "scale_base", "scale_sp")]
    tensors = {}
    for measure in ("mean_abs", "deviation", "normalised_deviation"):
        leaves = {n: params[n].clone().requires_grad_(True) for n in trainable}
        values = penalties(config, {**params, **leaves}, t["input"], measure)
        tensors[f"{measure}.penalties"] = values.detach()
        # The gradient of 0.7 sizes + 1.3 entropy + 0.2 coefficients + 0.4 differences.
        grads = torch.autograd.grad((values * torch.tensor([0.7, 1.3, 0.2, 0.4])).sum(), list(leaves.values()), allow_unused=True)
        for n, g in zip(leaves, grads):
            tensors[f"{measure}.grad.{n}"] = torch.zeros_like(params[n]) if g is None else g
            assert torch.isfinite(tensors[f"{measure}.grad.{n}"]).all(), n
        print(name, measure, values.tolist())
    folder = FOLDER.parent / "penalties"
    folder.mkdir(exist_ok=True)
    save_file({n: v.contiguous().clone() for n, v in tensors.items()}, folder / f"{name}.safetensors",
              {"reference": "generate.py --penalties"})


def check():
    worst = 0.0
    for path in sorted(FOLDER.glob("*.safetensors")):
        with safe_open(path, "pt") as f:
            meta, t = f.metadata(), {k: f.get_tensor(k) for k in f.keys()}
        params = {k[6:]: v for k, v in t.items() if k.startswith("param.")}
        expected = {k[5:]: v for k, v in t.items() if k.startswith("grad.")}
        y, gx, gp = evaluate(meta["variant"], json.loads(meta["config"]), params, list(expected), t["input"],
                             t["grad_output"])
        pairs = [(y, t["output"]), (gx, t["grad_input"])] + [(gp[n], expected[n]) for n in expected]
        error = max(float((a - b).norm() / (b.norm() if b.norm() > 0 else 1)) for a, b in pairs)
        worst = max(worst, error)
        print(f"{path.name}: {error:.2e}")
    return 0 if worst < 1e-10 else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    if sys.argv[1:] == ["--penalties"]:
        for model in ("pykan_fitted", "pykan_multiplication"):
            write_penalties(model)
        sys.exit(0)
    for case in CASES:
        if not sys.argv[1:] or case[0] in sys.argv[1:]:
            write(*case)
