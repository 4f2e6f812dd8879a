/** `load.py`, which goes beside an export for PyTorch: the very modules, and their weights in them, with nothing but torch. */
export const LOAD_PY = `"""The networks beside this file, as PyTorch modules: nothing but torch is needed.

    from load import load_generator, load_discriminator
    images = load_generator()(z)          # z [N, nz] -> [N, channels, size, size] in [-1, 1]
    logits = load_discriminator()(images) # -> [N]; their sigmoid is the probability of being real

Layers are those of PyTorch's DCGAN example. A weight with a fifth axis of 1 belongs to a layer that also has a bias, which the
example lacks: so the example's own module refuses it (even with strict=False) instead of dropping the bias.
"""
import json
import os
import struct

import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))


def read(path):
    """The tensors of a safetensors file, by name, as float32."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    types = {"F32": torch.float32, "F16": torch.float16}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        raw = bytearray(content[8 + length + begin : 8 + length + end])
        tensors[name] = torch.frombuffer(raw, dtype=types[entry["dtype"]]).float().reshape(entry["shape"])
    return tensors


class Layer(nn.Module):
    """One convolution of stride 2 ("up": transposed) with its norm, or the first or last layer, as the tensors say."""

    def __init__(self, tensors, at, kind, norm):
        super().__init__()
        self.kind = kind
        weight = tensors[f"main.{at}.weight"]
        self.weight = nn.Parameter(weight.squeeze(4) if weight.dim() == 5 else weight)
        bias = tensors.get(f"main.{at}.bias")
        self.bias = None if bias is None else nn.Parameter(bias)
        map_ = tensors.get(f"main.{at}.bias_map")
        self.bias_map = None if map_ is None else nn.Parameter(map_)
        self.norm = None
        if norm:
            self.norm = nn.BatchNorm2d(tensors[f"main.{at + 1}.weight"].shape[0])
            own = {name: tensors[f"main.{at + 1}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")}
            own["num_batches_tracked"] = torch.tensor(0)
            self.norm.load_state_dict(own)

    def forward(self, x):
        side, kernel = x.shape[2], self.weight.shape[2]
        if self.kind == "first":
            x = F.conv_transpose2d(x, self.weight)
            x = x if self.bias_map is None else x + self.bias_map
        elif self.kind == "up":
            x = F.conv_transpose2d(x, self.weight, self.bias, stride=2)[..., 1 : 1 + 2 * side, 1 : 1 + 2 * side]
        elif self.kind == "down":
            x = F.conv2d(F.pad(x, (1, kernel - 3, 1, kernel - 3)), self.weight, self.bias, stride=2)
        else:
            x = F.conv2d(x, self.weight, self.bias)
        return x if self.norm is None else self.norm(x)


class Generator(nn.Module):
    def __init__(self, tensors):
        super().__init__()
        places = sorted(int(name.split(".")[1]) for name in tensors if name.endswith(".weight"))
        places = [at for at in places if at % 3 == 0]
        kinds = ["first"] + ["up"] * (len(places) - 1)
        self.layers = nn.ModuleList(
            Layer(tensors, at, kind, at != places[-1]) for at, kind in zip(places, kinds)
        )

    def forward(self, z):
        x = z.reshape(z.shape[0], -1, 1, 1)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return torch.tanh(self.layers[-1](x))


class Discriminator(nn.Module):
    def __init__(self, tensors):
        super().__init__()
        places = sorted(int(name.split(".")[1]) for name in tensors if name.endswith(".weight"))
        places = [at for at in places if at == 0 or at % 3 == 2]
        kinds = ["down"] * (len(places) - 1) + ["last"]
        self.layers = nn.ModuleList(
            Layer(tensors, at, kind, kind == "down" and at > 0) for at, kind in zip(places, kinds)
        )

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), 0.2)
        return self.layers[-1](x).reshape(x.shape[0])


def load_generator(path=os.path.join(HERE, "generator.safetensors")):
    return Generator(read(path)).eval()


def load_discriminator(path=os.path.join(HERE, "discriminator.safetensors")):
    return Discriminator(read(path)).eval()
`;
