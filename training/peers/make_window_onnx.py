#!/usr/bin/env python3
"""Writes a model of whole windows as an ONNX graph, for onnxruntime to race against.

    python3 training/peers/make_window_onnx.py chordmixer weights.safetensors 8192 window.onnx
    python3 training/peers/make_window_onnx.py rse weights.safetensors 2048 window.onnx

The weights are those of the family `chordmixer` (features in, layer norms, a decoder) under
PyTorch's names, or of `rse`, the official network with heavy sharing, under TensorFlow's. The graph
reads one window `x` [length, features] and gives `y`: one answer, or for rse every position's.

It is laid out to be quick in onnxruntime: LayerNormalization, Gelu and QuickGelu as single nodes,
Gemm with its bias, constants folded, a shuffle as one transposition. Python alone is enough, see
onnx_graph.py.
"""

import argparse
import math

from onnx_graph import CONTRIBUTED, Graph, Weights


def gemm(g, w, name, x, output):
    """y = x W^T + b, as PyTorch stores it."""
    weight = g.constant(output + ".weight", w.raw(name + "weight"), *w.shape(name + "weight"))
    bias = g.constant(output + ".bias", w.raw(name + "bias"), *w.shape(name + "bias"))
    return g.add("Gemm", [x, weight, bias], output, transB=1)


# ---------------------------------------------------------------------- ChordMixer


def layer_norm(g, w, name, x, output):
    weight = g.constant(output + ".weight", w.raw(name + "weight"), *w.shape(name + "weight"))
    bias = g.constant(output + ".bias", w.raw(name + "bias"), *w.shape(name + "bias"))
    return g.add("LayerNormalization", [x, weight, bias], output, axis=-1, epsilon=1e-5)


def rotate(g, x, length, track, tracks, name):
    """Track i >= 1 begins 2^(i-1) rows further down; what is above comes behind."""
    sizes = g.constant(name + ".tracks", [track] * tracks, tracks)
    parts = g.add("Split", [x, sizes], [f"{name}.{i}" for i in range(tracks)], axis=1)
    turned = parts[:1]
    for i, part in enumerate(parts[1:]):
        first = 2**i % length
        cut = g.constant(part + ".cut", [first, length - first], 2)
        above, below = g.add("Split", [part, cut], [part + ".above", part + ".below"], axis=0)
        turned.append(g.add("Concat", [below, above], part + ".turned", axis=0))
    return g.add("Concat", turned, name, axis=1)


def chordmixer(w, length):
    """x = norm(x + rotate(fc2(gelu(fc1(prenorm(x)))))), block by block; y = decoder(mean)."""
    g = Graph("chordmixer window")
    width, features = w.shape("embedding.weight")
    g.inputs.append(("x", length, features))
    x = gemm(g, w, "embedding.", "x", "embedded")
    blocks = math.ceil(math.log2(length))
    for i in range(blocks):
        p = f"encoder.chordmixer_blocks.{i}."
        u = layer_norm(g, w, p + "prenorm.", x, f"prenorm.{i}")
        h = g.add("Gelu", [gemm(g, w, p + "mix.fc1.", u, f"fc1.{i}")], f"gelu.{i}")
        z = gemm(g, w, p + "mix.fc2.", h, f"fc2.{i}")
        z = rotate(g, z, length, width // (blocks + 1), blocks + 1, f"rotate.{i}")
        x = layer_norm(g, w, p + "norm.", g.add("Add", [x, z], f"sum.{i}"), f"norm.{i}")
    axes = g.constant("positions", [0], 1)
    mean = g.add("ReduceMean", [x, axes], "mean", keepdims=1)
    gemm(g, w, "decoder.decoder.", mean, "y")
    g.outputs.append(("y", 1, w.shape("decoder.decoder.weight")[0]))
    return g.model()


# ----------------------------------------------------------------------------- RSE

FACTOR = 0.25 * math.sqrt(1 - 0.81)


class Unit:
    """The constants of a switch unit, which several layers share."""

    def __init__(self, g, w, name):
        self.width = w.shape(name + "residual")[0]
        residual = [1 / (1 + math.exp(-2 * s)) for s in w.values(name + "residual")]
        k2 = [FACTOR * v for v in w.values(name + "cand2/c/CvK")]
        b2 = [FACTOR * v for v in w.values(name + "cand2/c/CvB")]
        offset = w.raw(name + "norm/c/norm_bias/offset")
        self.k1 = g.constant(name + "k1", w.raw(name + "cand1/c/CvK"), self.width, 2 * self.width)
        self.offset = g.constant(name + "offset", offset, 1, 2 * self.width)
        self.k2 = g.constant(name + "k2", k2, 2 * self.width, self.width)
        self.b2 = g.constant(name + "b2", b2, self.width)
        self.residual = g.constant(name + "scale", residual, 1, self.width)


def switch(g, unit, y, name):
    """y' = residual y + factor (K2 gelu(norm(K1 y)) + b2), y [pairs, 2m]; the norm over pairs."""
    a = g.add("MatMul", [y, unit.k1], name + ".a")
    centred = g.add("Sub", [a, g.add("ReduceMean", [a, "axis"], name + ".mean")], name + ".centred")
    z = g.add("Add", [g.add("Mul", [centred, "two"], name + ".twice"), unit.offset], name + ".z")
    squares = g.add("ReduceMean", [g.add("Mul", [z, z], name + ".z2"), "axis"], name + ".squares")
    root = g.add("Sqrt", [g.add("Add", [squares, "epsilon"], name + ".more")], name + ".root")
    scale = g.add("Reciprocal", [root], name + ".by")
    n = g.add("Mul", [z, scale], name + ".n")
    h = g.add("QuickGelu", [n], name + ".h", domain=CONTRIBUTED, alpha=1.702)
    c = g.add("Gemm", [h, unit.k2, unit.b2], name + ".c")
    return g.add("Add", [g.add("Mul", [y, unit.residual], name + ".kept"), c], name + ".y")


def rse(w, length):
    """Blocks of log2(length) - 1 units each way; behind a unit the positions are shuffled."""
    g = Graph("rse window")
    prefix = "steps_recursive/"
    last = Unit(g, w, prefix + "last/")
    pairs, width = length // 2, last.width
    m = width // 2
    g.inputs.append(("x", length, m))
    g.constant("axis", [0], 1)
    g.constant("two", [2.0])
    g.constant("epsilon", [1e-10])
    g.constant("rows", [pairs, width], 2)
    g.constant("columns", [length, m], 2)
    # left: y_(b, j) = x_(j, b), positions as [2, pairs] and as [pairs, 2]; right: the way back
    g.constant("from left", [pairs, 2, m], 3)
    g.constant("from right", [2, pairs, m], 3)

    def shuffled(x, way, name):
        cube = g.add("Reshape", [x, "from " + way], name + ".cube")
        turned = g.add("Transpose", [cube], name + ".turned", perm=[1, 0, 2])
        return g.add("Reshape", [turned, "rows"], name)

    x = g.add("Reshape", ["x", "rows"], "x.0")
    block, count = 0, 0
    while f"{prefix}{block}_forward/residual" in w.header:
        for unit, way in (("forward", "left"), ("reverse", "right")):
            constants = Unit(g, w, f"{prefix}{block}_{unit}/")
            for _ in range(length.bit_length() - 2):
                count += 1
                x = shuffled(switch(g, constants, x, f"unit.{count}"), way, f"x.{count}")
        block += 1
    g.add("Reshape", [switch(g, last, x, "unit.last"), "columns"], "y")
    g.outputs.append(("y", length, m))
    return g.model()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", choices=["chordmixer", "rse"])
    parser.add_argument("weights", help="safetensors file of the family")
    parser.add_argument("length", type=int, help="positions of a window, a power of two")
    parser.add_argument("graph", help="the file to write")
    arguments = parser.parse_args()
    make = chordmixer if arguments.family == "chordmixer" else rse
    model = make(Weights(arguments.weights), arguments.length)
    with open(arguments.graph, "wb") as file:
        file.write(model)


if __name__ == "__main__":
    main()
