# What PyTorch itself writes (run with the repositories of efficient-kan, fast-kan, ChebyKAN and FourierKAN on PYTHONPATH, in an
# empty folder): state dicts, training checkpoints, DataParallel's names, half precision, views, whole modules and the
# format of before 1.6, of tiny models of the published implementations, each with rows and its outputs in NAME.json.
# The outputs of this script are in src/test/resources/torch/models.
import json
import sys

import torch
from ChebyKANLayer import ChebyKANLayer
from efficient_kan import KAN as EfficientKAN
from fastkan import FastKAN
from fftKAN import NaiveFourierKANLayer


def rows(width):
    return torch.rand(12, width, generator=torch.Generator().manual_seed(3)) * 2.4 - 1.2


def outputs(name, model, variant):
    model = model.double().eval()
    x = rows(3).double()
    with torch.no_grad():
        y = model(x)
    json.dump({"variant": variant, "x": x.flatten().tolist(), "y": y.flatten().tolist()}, open(name + ".json", "w"))


class Cheby(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = ChebyKANLayer(3, 4, 4)
        self.second = ChebyKANLayer(4, 2, 3)

    def forward(self, x):
        return self.second(self.first(x))


def train(model, optimizer):
    for _ in range(5):
        optimizer.zero_grad()
        model(rows(3)).square().mean().backward()
        optimizer.step()


torch.manual_seed(7)
efficient = EfficientKAN([3, 4, 2], grid_size=4)
adam = torch.optim.AdamW(efficient.parameters(), lr=1e-2)
train(efficient, adam)
torch.save(efficient.state_dict(), "efficient.pt")
torch.save({"epoch": 5, "model_state_dict": efficient.state_dict(), "optimizer_state_dict": adam.state_dict(), "loss": 0.25,
            "args": {"layers": [3, 4, 2]}, "rng": torch.get_rng_state()}, "checkpoint.pt")
torch.save(torch.nn.DataParallel(efficient).state_dict(), "parallel.pth")
torch.save(efficient.state_dict(), "legacy.pt", _use_new_zipfile_serialization=False)
torch.save(efficient, "module.pt")
torch.save({"net": efficient}, "inside.pt")
little, sys.byteorder = sys.byteorder, "big"
try:
    torch.save(efficient.state_dict(), "big.pt")
finally:
    sys.byteorder = little
# One storage of all numbers, a tensor that is a transposed view, one of every other column.
state = efficient.state_dict()
flat = torch.cat([t.flatten() for t in state.values()])
views, at = {}, 0
for key, tensor in state.items():
    views[key] = flat[at:at + tensor.numel()].view(tensor.shape)
    at += tensor.numel()
views["layers.0.base_weight"] = views["layers.0.base_weight"].t().contiguous().t()
wide = torch.zeros(2, 8)
wide[:, ::2] = views["layers.1.base_weight"]
views["layers.1.base_weight"] = wide[:, ::2]
torch.save(views, "views.pt")
outputs("efficient", efficient, "efficient-kan")

for kind, name in ((torch.float16, "half"), (torch.bfloat16, "bfloat16")):
    rounded = EfficientKAN([3, 4, 2], grid_size=4).to(kind)
    torch.save(rounded.state_dict(), name + ".pt")
    outputs(name, rounded, "efficient-kan")
double = EfficientKAN([3, 4, 2], grid_size=4).double()
torch.save(double.state_dict(), "double.pt")
outputs("double", double, "efficient-kan")

fast = FastKAN([3, 4, 2], num_grids=5)
torch.save({"state_dict": fast.state_dict(), "hyper_parameters": {"layers_hidden": [3, 4, 2]}}, "fast.ckpt")
outputs("fast", fast, "fastkan")

cheby = Cheby()
torch.save(cheby.state_dict(), "cheby.pt")
outputs("cheby", cheby, "chebykan")

fourier = torch.nn.Sequential(NaiveFourierKANLayer(3, 4, 3), NaiveFourierKANLayer(4, 2, 3))
torch.save(fourier.state_dict(), "fourier.pt")
outputs("fourier", fourier, "fourierkan")
