#!/usr/bin/env python3
"""Writes one step of an LRU model as an ONNX graph, for onnxruntime to race against.

    python3 training/peers/make_lru_onnx.py weights.safetensors step.onnx

The weights are those of a model of the family `lru` with layer norm before the recurrence, under
their flax paths. The graph reads `x` [B, d_input] and one state [B, 2 d_hidden] per layer, real
parts before imaginary ones, and gives the new states and `y` [B, d_output], log-probabilities.

It is laid out to be quick in onnxruntime: one Gemm for both parts of B, one for both parts of C,
one for both halves of the gated unit, LayerNormalization and Gelu as single nodes, and gamma
folded into B. Python alone is enough, see onnx_graph.py.
"""

import argparse
import cmath
import math

from onnx_graph import Graph, Weights


def flat(rows):
    return [float(v) for row in rows for v in row]


def transposed(rows):
    return list(zip(*rows))


def layer(g, w, i, x):
    """h = lambda h + gamma B u, y = gelu(Re(C h) + D u), x + (W1 y + b1) sigmoid(W2 y + b2)."""
    p = f"params/encoder/layers_{i}/"
    seq = p + "seq/"
    n, d = w.shape(seq + "B_re")
    nu, theta = w.values(seq + "nu_log"), w.values(seq + "theta_log")
    decay = [cmath.exp(complex(-math.exp(a), math.exp(b))) for a, b in zip(nu, theta)]
    gamma = [math.exp(v) for v in w.values(seq + "gamma_log")]

    def name(text):
        return f"{text}.{i}"

    scale = g.constant(name("scale"), w.values(p + "normalization/scale"), d)
    bias = g.constant(name("bias"), w.values(p + "normalization/bias"), d)
    u = g.add("LayerNormalization", [x, scale, bias], name("u"), axis=-1, epsilon=1e-6)

    # [re, im] lambda = re(lambda) [re, im] + im(lambda) [-im, re]
    state = name("state")
    g.inputs.append((state, "B", 2 * n))
    re = g.constant(name("lambda_re"), [c.real for c in decay] * 2, 2 * n)
    im = g.constant(name("lambda_im"), [-c.imag for c in decay] + [c.imag for c in decay], 2 * n)
    halves = g.add("Split", [state], [name("re"), name("im")], axis=1, num_outputs=2)
    turned = g.add("Concat", [halves[1], halves[0]], name("turned"), axis=1)
    kept = g.add(
        "Add",
        [g.add("Mul", [state, re], name("by_re")), g.add("Mul", [turned, im], name("by_im"))],
        name("kept"),
    )

    rows = w.matrix(seq + "B_re") + w.matrix(seq + "B_im")
    rows = [[v * gamma[j % n] for v in row] for j, row in enumerate(rows)]
    b = g.constant(name("b"), flat(transposed(rows)), d, 2 * n)
    new = name("new")
    g.outputs.append((new, "B", 2 * n))
    g.add("Add", [g.add("MatMul", [u, b], name("bu")), kept], new)

    c_re, c_im = w.matrix(seq + "C_re"), w.matrix(seq + "C_im")
    rows = [list(a) + [-v for v in b] for a, b in zip(c_re, c_im)]
    c = g.constant(name("c"), flat(transposed(rows)), 2 * n, d)
    skip = g.constant(name("d"), w.values(seq + "D"), d)
    y = g.add(
        "Add",
        [g.add("MatMul", [new, c], name("ch")), g.add("Mul", [u, skip], name("du"))],
        name("y"),
    )
    z = g.add("Gelu", [y], name("z"), approximate="tanh")

    rows = [a + b for a, b in zip(w.matrix(p + "out1/kernel"), w.matrix(p + "out2/kernel"))]
    out = g.constant(name("out"), flat(rows), d, 2 * d)
    out_bias = w.values(p + "out1/bias") + w.values(p + "out2/bias")
    out_bias = g.constant(name("out_bias"), out_bias, 2 * d)
    both = g.add("Gemm", [z, out, out_bias], name("both"))
    value, gate = g.add("Split", [both], [name("value"), name("gate")], axis=1, num_outputs=2)
    mixed = g.add("Mul", [value, g.add("Sigmoid", [gate], name("open"))], name("mixed"))
    return g.add("Add", [x, mixed], name("x"))


def dense(g, w, name, x, output):
    inputs, outputs = w.shape(f"params/{name}/kernel")
    kernel = g.constant(output + ".kernel", w.values(f"params/{name}/kernel"), inputs, outputs)
    bias = g.constant(output + ".bias", w.values(f"params/{name}/bias"), outputs)
    return g.add("Gemm", [x, kernel, bias], output)


def step(w):
    g = Graph("lru step")
    g.inputs.append(("x", "B", w.shape("params/encoder/encoder/kernel")[0]))
    x = dense(g, w, "encoder/encoder", "x", "encoded")
    i = 0
    while f"params/encoder/layers_{i}/seq/nu_log" in w.header:
        x = layer(g, w, i, x)
        i += 1
    g.add("LogSoftmax", [dense(g, w, "decoder", x, "logits")], "y", axis=-1)
    g.outputs.append(("y", "B", w.shape("params/decoder/kernel")[1]))
    return g.model()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", help="safetensors file of the family lru")
    parser.add_argument("graph", help="the file to write")
    arguments = parser.parse_args()
    model = step(Weights(arguments.weights))
    with open(arguments.graph, "wb") as file:
        file.write(model)


if __name__ == "__main__":
    main()
