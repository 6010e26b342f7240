#!/usr/bin/env python3
"""Writes one step of an LRU model as an ONNX graph, for onnxruntime to race against.

    python3 training/peers/make_lru_onnx.py weights.safetensors step.onnx

The weights are those of a model of the family `lru` with layer norm before the recurrence, under
their flax paths. The graph reads `x` [B, d_input] and one state [B, 2 d_hidden] per layer, real
parts before imaginary ones, and gives the new states and `y` [B, d_output], log-probabilities.

It is laid out to be quick in onnxruntime: one Gemm for both parts of B, one for both parts of C,
one for both halves of the gated unit, LayerNormalization and Gelu as single nodes, and gamma
folded into B. Python alone is enough: the protocol buffer is written by hand, by the field
numbers of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
"""

import argparse
import array
import cmath
import json
import math
import struct
import sys

FLOAT, INT64 = 1, 7  # TensorProto.DataType
OPSET, IR = 20, 9  # Gelu came with opset 20


# ---------------------------------------------------------------- protocol buffers


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """One field of a message: an int as a varint, a float as four bytes, the rest by length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value & 0xFFFFFFFFFFFFFFFF)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, values, *shape):
    """TensorProto: dims 1, data_type 2, name 8, raw_data 9."""
    kind = FLOAT if isinstance(values[0], float) else INT64
    raw = array.array("f" if kind == FLOAT else "q", values)
    if sys.byteorder == "big":
        raw.byteswap()
    dims = b"".join(field(1, n) for n in shape)
    return dims + field(2, kind) + field(8, name) + field(9, raw.tobytes())


def attribute(name, value):
    """AttributeProto: name 1, f 2, i 3, s 4, type 20 (FLOAT 1, INT 2, STRING 3)."""
    number, kind = {float: (2, 1), int: (3, 2), str: (4, 3)}[type(value)]
    return field(1, name) + field(number, value) + field(20, kind)


def node(op, inputs, outputs, **attributes):
    """NodeProto: input 1, output 2, name 3, op_type 4, attribute 5."""
    return (
        b"".join(field(1, i) for i in inputs)
        + b"".join(field(2, o) for o in outputs)
        + field(3, op + " " + outputs[0])
        + field(4, op)
        + b"".join(field(5, attribute(n, v)) for n, v in attributes.items())
    )


def value_info(name, width):
    """ValueInfoProto of floats [B, width]: name 1, type 2; tensor_type 1; elem_type 1, shape 2."""
    dims = field(1, field(2, "B")) + field(1, field(1, width))
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, dims)))


class Graph:
    """GraphProto: node 1, name 2, initializer 5, input 11, output 12."""

    def __init__(self):
        self.nodes, self.tensors, self.inputs, self.outputs = [], [], [], []

    def add(self, op, inputs, output, **attributes):
        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(node(op, inputs, outputs, **attributes))
        return output

    def constant(self, name, values, *shape):
        self.tensors.append(tensor(name, values, *shape))
        return name

    def model(self):
        """ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8."""
        graph = (
            b"".join(field(1, n) for n in self.nodes)
            + field(2, "lru step")
            + b"".join(field(5, t) for t in self.tensors)
            + b"".join(field(11, value_info(*i)) for i in self.inputs)
            + b"".join(field(12, value_info(*o)) for o in self.outputs)
        )
        return field(1, IR) + field(2, "riffle") + field(7, graph) + field(8, field(2, OPSET))


# ------------------------------------------------------------------------- weights


class Weights:
    """Float32 tensors of a safetensors file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            self.header = json.loads(file.read(length))
            self.data = file.read()

    def shape(self, name):
        return self.header[name]["shape"]

    def values(self, name):
        entry = self.header[name]
        if entry["dtype"] != "F32":
            raise SystemExit(f"{name} must be F32 but is {entry['dtype']}")
        first, last = entry["data_offsets"]
        values = array.array("f", self.data[first:last])
        if sys.byteorder == "big":
            values.byteswap()
        return list(values)

    def matrix(self, name):
        values, width = self.values(name), self.shape(name)[1]
        return [values[i : i + width] for i in range(0, len(values), width)]


def flat(rows):
    return [float(v) for row in rows for v in row]


def transposed(rows):
    return list(zip(*rows))


# --------------------------------------------------------------------------- model


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
    g.inputs.append((state, 2 * n))
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
    g.outputs.append((new, 2 * n))
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
    g = Graph()
    g.inputs.append(("x", w.shape("params/encoder/encoder/kernel")[0]))
    x = dense(g, w, "encoder/encoder", "x", "encoded")
    i = 0
    while f"params/encoder/layers_{i}/seq/nu_log" in w.header:
        x = layer(g, w, i, x)
        i += 1
    g.add("LogSoftmax", [dense(g, w, "decoder", x, "logits")], "y", axis=-1)
    g.outputs.append(("y", w.shape("params/decoder/kernel")[1]))
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
