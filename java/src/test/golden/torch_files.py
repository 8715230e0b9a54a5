#!/usr/bin/env python3
# kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
"""Writes java/src/test/resources/torch: files as torch.save writes them, without PyTorch.

Python's own pickler meets objects that reduce to what PyTorch's do (torch._utils._rebuild_tensor_v2 and so on), protocol 2,
in a stored zip. Every number is its index in the storage divided by 8, so that all types hold it exactly.
"""
import collections
import io
import pathlib
import pickle
import struct
import sys
import types
import zipfile

torch = types.ModuleType("torch")
utils = types.ModuleType("torch._utils")
storage_module = types.ModuleType("torch.storage")
serialization = types.ModuleType("torch.serialization")
sys.modules.update({"torch": torch, "torch._utils": utils, "torch.storage": storage_module, "torch.serialization": serialization})


def fake(module, name):
    if name.endswith("Storage"):
        made = type(name, (), {})
    else:
        def made(*arguments):
            raise NotImplementedError
    made.__module__, made.__name__, made.__qualname__ = module.__name__, name, name
    setattr(module, name, made)
    return made


REBUILD, PARAMETER = fake(utils, "_rebuild_tensor_v2"), fake(utils, "_rebuild_parameter")
TYPED, QUANTIZED, SPARSE = (fake(utils, "_rebuild_" + name) for name in ("tensor_v3", "qtensor", "sparse_tensor"))
META, DEVICE = fake(utils, "_rebuild_meta_tensor_no_storage"), fake(torch, "device")
SIZE = fake(torch, "Size")
LAYOUT = fake(serialization, "_get_layout")
UINT16, AFFINE = fake(torch, "uint16"), fake(torch, "per_tensor_affine")
FORMATS = {"Float": "f", "Double": "d", "Half": "e", "BFloat16": None, "Long": "q", "Int": "i", "Char": "b", "QUInt8": "B"}
STORAGES = {kind: fake(torch, kind + "Storage") for kind in FORMATS}
FORMATS["Untyped"], STORAGES["Untyped"] = "B", fake(storage_module, "UntypedStorage")


class Storage:
    def __init__(self, kind, numel):
        self.kind, self.numel = kind, numel

    def data(self):
        values = [i / 8 if self.kind not in ("Long", "Int", "Char", "QUInt8", "Untyped") else i for i in range(self.numel)]
        if self.kind == "BFloat16":
            return b"".join(struct.pack("<f", v)[2:] for v in values)
        return struct.pack("<%d%s" % (self.numel, FORMATS[self.kind]), *values)


class Tensor:
    def __init__(self, storage, size, stride=None, offset=0):
        if stride is None:
            stride, step = [], 1
            for axis in reversed(size):
                stride.insert(0, step)
                step *= axis
        self.arguments = (storage, offset, tuple(size), tuple(stride), False, collections.OrderedDict())

    def __reduce__(self):
        return REBUILD, self.arguments


class Reduced:
    """What reduces to a call."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return PARAMETER, (self.tensor, True, collections.OrderedDict())


def save(root, path, protocol=2):
    storages = []

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, Storage):
                if value not in storages:
                    storages.append(value)
                return "storage", STORAGES[value.kind], str(storages.index(value)), "cpu", value.numel
            return None

    buffer = io.BytesIO()
    Pickler(buffer, protocol).dump(root)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
        def add(name, data):
            out.writestr(zipfile.ZipInfo("archive/" + name, (1980, 1, 1, 0, 0, 0)), data)
        add("data.pkl", buffer.getvalue())
        add("byteorder", b"little")
        for i, storage in enumerate(storages):
            add("data/%d" % i, storage.data())
        add("version", b"3\n")


def dense(kind, *size):
    numel = 1
    for axis in size:
        numel *= axis
    return Tensor(Storage(kind, numel), size)


def cheby(kind="Float"):
    state = collections.OrderedDict()
    state["layers.0.cheby_coeffs"] = dense(kind, 2, 3, 5)
    state["layers.0.arange"] = dense("Long", 5)
    state["layers.1.cheby_coeffs"] = dense(kind, 3, 1, 5)
    state["layers.1.arange"] = dense("Long", 5)
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    return state


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "resources" / "torch"
    folder.mkdir(exist_ok=True)
    save(cheby(), folder / "state.pt")
    save(cheby(), folder / "protocol4.pt", 4)
    save({"epoch": 3, "lr": 0.1, "name": "run \u00e9", "done": True, "best": None, "steps": 2**40, "model_state_dict": cheby(),
          "optimizer_state_dict": {"state": {0: {"step": dense("Float", 1), "exp_avg": dense("Float", 2, 3, 5)}},
                                   "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0, 1]}]}}, folder / "checkpoint.pt")
    save({"model": cheby(), "ema": cheby()}, folder / "two.pt")
    base = Storage("Float", 24)
    save({"whole": Tensor(base, (4, 6)), "transposed": Tensor(base, (6, 4), (1, 6)), "slice": Tensor(base, (2, 3), (6, 2), 7),
          "scalar": Tensor(base, (), (), 5), "empty": Tensor(base, (0, 3), (3, 1)), "parameter": Parameter(dense("Double", 3)),
          "half": dense("Half", 2, 5), "brain": dense("BFloat16", 7), "int": dense("Int", 3), "char": dense("Char", 3)},
         folder / "views.pt")
    other = cheby()  # beside what is needed, tensors of types and layouts that are not
    hooks = collections.OrderedDict()
    other["typed"] = Reduced(TYPED, Storage("Untyped", 4), 0, (2,), (1,), False, hooks, UINT16)
    other["quantized"] = Reduced(QUANTIZED, Storage("QUInt8", 3), 0, (3,), (1,), (AFFINE, 0.1, 0), False, hooks)
    other["sparse"] = Reduced(SPARSE, Reduced(LAYOUT, "torch.sparse_coo"), (dense("Long", 1, 2), dense("Float", 2), Reduced(SIZE, (5,)), True))
    other["meta"] = Reduced(META, UINT16, (3,), (1,), False)
    other["device"] = Reduced(DEVICE, "cuda", 0)
    save(other, folder / "types.pt")
    save({"beyond": Tensor(Storage("Float", 4), (3, 2), (2, 1))}, folder / "beyond.pt")

    class KAN:
        def __init__(self):
            self.weight = 1
    KAN.__module__, KAN.__qualname__ = "torch._utils", "KAN"
    utils.KAN = KAN
    save(KAN(), folder / "module.pt")
    (folder / "legacy.pt").write_bytes(pickle.dumps(0x1950a86a20f9469cfc6c, 2) + pickle.dumps(1001, 2))

    state = collections.OrderedDict()
    state["act_fun.0.grid"] = dense("Float", 1, 10)
    state["act_fun.0.coef"] = dense("Float", 1, 3, 6)
    for name in ("mask", "scale_base", "scale_sp"):
        state["act_fun.0." + name] = dense("Float", 1, 3)
    state["symbolic_fun.0.mask"] = Tensor(ZEROS, (3, 1))
    state["symbolic_fun.0.affine"] = dense("Float", 3, 1, 4)
    for name, size in (("subnode_bias_0", 3), ("subnode_scale_0", 3), ("node_bias_0", 2), ("node_scale_0", 2)):
        state[name] = dense("Float", size)
    save(state, folder / "mark_state")
    (folder / "mark_config.yml").write_text("""affine_trainable: false
auto_save: true
base_fun_name: identity
ckpt_path: ./model
device: cpu
grid: 3
grid_eps: 0.02
grid_range:
- -1
- 1
k: 3
mult_arity: 2
round: 0
sb_trainable: true
sp_trainable: true
state_id: 0
symbolic.funs_name.0:
- - '0'
- - '0'
- - '0'
symbolic_enabled: true
width:
- - 1
  - 0
- - 1
  - 1
""")


class Zeros(Storage):
    def data(self):
        return bytes(4 * self.numel)


ZEROS = Zeros("Float", 3)

if __name__ == "__main__":
    main()
