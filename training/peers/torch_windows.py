#!/usr/bin/env python3
"""Runs models of whole windows in PyTorch, eagerly, and times them, for Riffle to race against.

    python3 training/peers/torch_windows.py chordmixer weights.safetensors x.f32 8192 2
    python3 training/peers/torch_windows.py rse weights.safetensors x.f32 2048 2

x.f32 holds one window [length, features], little-endian; the last number is that of the threads.
Commands come by line on the standard input, and each is answered by a line:

    run          runs the window;                      the seconds that it took
    products     runs its matrix products alone;       the seconds that they took
    answer FILE  writes the last answer, little-endian; "written"

The models are plain modules, written as their references are, constants folded. Needs torch alone.
"""

import argparse
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

from onnx_graph import Weights

FACTOR = 0.25 * math.sqrt(1 - 0.81)


def tensor(w, name):
    return torch.frombuffer(bytearray(w.raw(name)), dtype=torch.float32).reshape(w.shape(name))


# ---------------------------------------------------------------------- ChordMixer


class ChordMixerBlock(nn.Module):
    def __init__(self, width, hidden, track):
        super().__init__()
        self.track = track
        self.prenorm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        z = self.fc2(F.gelu(self.fc1(self.prenorm(x))))
        tracks = torch.split(z, self.track, dim=-1)
        turned = [torch.roll(t, -(2 ** (i - 1)) if i else 0, dims=1) for i, t in enumerate(tracks)]
        return self.norm(x + torch.cat(turned, dim=-1))


class ChordMixer(nn.Module):
    """Names are the reference's, but for `mix.`."""

    def __init__(self, w, length):
        super().__init__()
        width, features = w.shape("embedding.weight")
        hidden = w.shape("encoder.chordmixer_blocks.0.mix.fc1.weight")[0]
        blocks = math.ceil(math.log2(length))
        self.embedding = nn.Linear(features, width)
        self.blocks = nn.ModuleList(
            ChordMixerBlock(width, hidden, width // (blocks + 1)) for _ in range(blocks)
        )
        self.decoder = nn.Linear(width, w.shape("decoder.decoder.weight")[0])
        state = {
            name: tensor(w, self.reference_name(name)) for name, _ in self.named_parameters()
        }
        self.load_state_dict(state)

    @staticmethod
    def reference_name(name):
        name = name.replace("blocks.", "encoder.chordmixer_blocks.").replace("fc", "mix.fc")
        return name.replace("decoder.", "decoder.decoder.")

    def forward(self, x):
        x = self.embedding(x)
        for block in self.blocks:
            x = block(x)
        return self.decoder(x.mean(dim=1))

    def products(self, x):
        """Each perceptron's products, on some values."""
        u = self.embedding(x)
        for block in self.blocks:
            block.fc2(block.fc1(u))


# ----------------------------------------------------------------------------- RSE


class Unit(nn.Module):
    def __init__(self, w, name):
        super().__init__()
        constants = {
            "k1": tensor(w, name + "cand1/c/CvK").t().contiguous(),
            "offset": tensor(w, name + "norm/c/norm_bias/offset"),
            "k2": (FACTOR * tensor(w, name + "cand2/c/CvK")).t().contiguous(),
            "b2": FACTOR * tensor(w, name + "cand2/c/CvB"),
            "residual": torch.sigmoid(2 * tensor(w, name + "residual")),
        }
        for constant, value in constants.items():
            self.register_buffer(constant, value)

    def forward(self, y):
        """y [batch, pairs, 2m]; the norm is over pairs."""
        a = F.linear(y, self.k1)
        z = 2 * (a - a.mean(dim=1, keepdim=True)) + self.offset
        n = z * torch.rsqrt((z * z).mean(dim=1, keepdim=True) + 1e-10)
        return self.residual * y + F.linear(n * torch.sigmoid(1.702 * n), self.k2, self.b2)


class Rse(nn.Module):
    """The official network with heavy sharing."""

    def __init__(self, w, length):
        super().__init__()
        self.steps = length.bit_length() - 2
        prefix = "steps_recursive/"
        self.blocks = nn.ModuleList()
        while f"{prefix}{len(self.blocks)}_forward/residual" in w.header:
            k = f"{prefix}{len(self.blocks)}"
            pair = [Unit(w, k + "_forward/"), Unit(w, k + "_reverse/")]
            self.blocks.append(nn.ModuleList(pair))
        self.last = Unit(w, prefix + "last/")

    def layers(self):
        for forward, reverse in self.blocks:
            yield from [(forward, True)] * self.steps
            yield from [(reverse, False)] * self.steps
        yield self.last, None

    def forward(self, x):
        batch, length, m = x.shape
        for unit, left in self.layers():
            x = unit(x.reshape(batch, length // 2, 2 * m))
            if left is not None:  # positions [pairs, 2] become [2, pairs], or back
                shape = (length // 2, 2) if left else (2, length // 2)
                x = x.reshape(batch, *shape, m).transpose(1, 2)
        return x.reshape(batch, length, m)

    def products(self, x):
        """Each unit's products, on some values."""
        batch, length, m = x.shape
        y = x.reshape(batch, length // 2, 2 * m)
        for unit, _ in self.layers():
            F.linear(F.linear(y, unit.k1), unit.k2, unit.b2)


# ---------------------------------------------------------------------------- loop


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", choices=["chordmixer", "rse"])
    parser.add_argument("weights", help="safetensors file of the family")
    parser.add_argument("window", help="the values of a window, float32")
    parser.add_argument("length", type=int, help="positions of a window, a power of two")
    parser.add_argument("threads", type=int)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    weights = Weights(arguments.weights)
    make = ChordMixer if arguments.family == "chordmixer" else Rse
    model = make(weights, arguments.length).eval()
    with open(arguments.window, "rb") as file:
        x = torch.frombuffer(bytearray(file.read()), dtype=torch.float32)
    x = x.reshape(1, arguments.length, -1)
    print("torch", torch.__version__, flush=True)
    y = None
    with torch.inference_mode():
        for line in sys.stdin:
            command, _, argument = line.strip().partition(" ")
            if command == "answer":
                with open(argument, "wb") as file:
                    file.write(bytes(y.contiguous().flatten().view(torch.uint8).tolist()))
                print("written", flush=True)
                continue
            start = time.perf_counter()
            if command == "run":
                y = model(x)
            elif command == "products":
                model.products(x)
            else:
                raise SystemExit(f"The commands are run, products and answer FILE, not {command}.")
            print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
