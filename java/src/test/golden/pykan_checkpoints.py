# What pykan itself makes (run with PyTorch and pykan's repository on PYTHONPATH, in an empty folder): checkpoints of saveckpt with
# numeric, symbolic and doubled edges and products of 2 and 3 factors, their outputs, and the scores of attribute. The outputs
# of this script are in src/test/resources/pykan.
import json
import os

import torch
from kan import KAN

torch.set_default_dtype(torch.float64)


def save(name, model, x):
    """NAME_state, NAME_config.yml and NAME.json: rows, outputs, pykan's scores."""
    model.saveckpt(name)
    os.remove(name + "_cache_data")
    y = model(x)
    model.attribute()
    json.dump({
        "x": x.flatten().tolist(),
        "y": y.flatten().tolist(),
        "features": model.node_scores[0].tolist(),
        "nodes": [scores.tolist() for scores in model.node_scores],
        "edges": [scores.flatten().tolist() for scores in model.edge_scores],
    }, open(name + ".json", "w"))


def model(width, **more):
    return KAN(width=width, grid=3, k=3, seed=1, auto_save=False, ckpt_path="./scratch", device="cpu", noise_scale=0.3, **more)


def rows(width, n=40, low=-1.0, high=1.0):
    return torch.rand(n, width, generator=torch.Generator().manual_seed(5)) * (high - low) + low


def fix(model, l, i, j, name, a, b, c, d):
    model.fix_symbolic(l, i, j, name, fit_params_bool=False, verbose=False, log_history=False)
    model.symbolic_fun[l].affine.data[j][i] = torch.tensor([a, b, c, d])


# Numeric networks, for the scores: a trained [4,5,1], products of two and of three factors.
trained = model([4, 5, 1])
x = rows(4)
data = {"train_input": x, "test_input": x}
data["train_label"] = data["test_label"] = x[:, [0]] ** 2 + 0.3 * x[:, [1]] + 0.1 * x[:, [2]] ** 3
trained.fit(data, opt="LBFGS", steps=10, lamb=0.001, log=100)
save("trained", trained, x)
save("arity2", model([3, [1, 2], 2], mult_arity=2), rows(3))
save("arity3", model([3, [1, 2], 2], mult_arity=3), rows(3))

# exp(sin(pi x) + y^2): every edge a function.
law = model([2, 1, 1])
fix(law, 0, 0, 0, "sin", 3.141592653589793, 0.0, 1.0, 0.25)
fix(law, 0, 1, 0, "x^2", 1.0, 0.0, 1.0, -0.25)
fix(law, 1, 0, 0, "exp", 1.0, 0.0, 1.0, 0.0)
save("law", law, rows(2))

# A product of a function and a spline beside a doubled edge; node and subnode maps that matter; an edge that was pruned.
mixed = model([2, [1, 1], 1], mult_arity=2)
fix(mixed, 0, 0, 1, "tanh", 2.0, 0.3, 1.5, 0.1)
fix(mixed, 0, 1, 0, "gaussian", 1.5, -0.2, 0.7, 0.0)
mixed.set_mode(0, 1, 0, "ns", 0.5)
mixed.remove_edge(0, 0, 2, log_history=False)
fix(mixed, 1, 1, 0, "arctan", 0.8, 0.0, 2.0, -0.4)
for name, values in (("subnode_scale_0", [1.5, 1.0, 0.5]), ("subnode_bias_0", [0.1, 0.0, -0.3]), ("node_scale_0", [1.0, 2.0]),
                     ("node_bias_0", [0.0, 0.2]), ("node_scale_1", [3.0]), ("node_bias_1", [-1.0])):
    getattr(mixed, name).data = torch.tensor(values)
save("mixed", mixed, rows(2))

# Every function of pykan's library, one an edge, where it is defined.
names = ["x", "x^2", "x^3", "x^4", "x^5", "1/x", "1/x^2", "1/x^3", "1/x^4", "1/x^5", "sqrt", "x^0.5", "x^1.5", "1/sqrt(x)", "1/x^0.5",
         "exp", "log", "abs", "sin", "cos", "tan", "tanh", "sgn", "arcsin", "arccos", "arctan", "arctanh", "0", "gaussian"]
library = model([len(names), 1])
for k, name in enumerate(names):
    fix(library, 0, k, 0, name, 0.5, 0.4, 1.0 + 0.125 * k, 0.25)
save("library", library, rows(len(names), 8, 0.1, 0.9))
