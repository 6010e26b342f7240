"""ONNX graphs and safetensors files with Python alone: the protocol buffer is written by hand, by
the field numbers of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3)."""

import array
import json
import struct
import sys

FLOAT, INT64 = 1, 7  # TensorProto.DataType
OPSET, IR = 20, 9  # Gelu came with opset 20
CONTRIBUTED = "com.microsoft"  # operators that only onnxruntime has


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
    """TensorProto: dims 1, data_type 2, name 8, raw_data 9; values are bytes of float32 or numbers."""
    kind = FLOAT if isinstance(values, bytes) or isinstance(values[0], float) else INT64
    if not isinstance(values, bytes):
        raw = array.array("f" if kind == FLOAT else "q", values)
        if sys.byteorder == "big":
            raw.byteswap()
        values = raw.tobytes()
    dims = b"".join(field(1, n) for n in shape)
    return dims + field(2, kind) + field(8, name) + field(9, values)


def attribute(name, value):
    """AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20 (FLOAT 1, INT 2, STRING 3, INTS 7)."""
    if isinstance(value, list):
        return field(1, name) + b"".join(field(8, i) for i in value) + field(20, 7)
    number, kind = {float: (2, 1), int: (3, 2), str: (4, 3)}[type(value)]
    return field(1, name) + field(number, value) + field(20, kind)


def node(op, inputs, outputs, domain="", **attributes):
    """NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7."""
    return (
        b"".join(field(1, i) for i in inputs)
        + b"".join(field(2, o) for o in outputs)
        + field(3, op + " " + outputs[0])
        + field(4, op)
        + b"".join(field(5, attribute(n, v)) for n, v in attributes.items())
        + field(7, domain)
    )


def value_info(name, rows, width):
    """ValueInfoProto of floats [rows, width]: name 1, type 2; tensor_type 1; elem_type 1, shape 2.

    rows is a number, or the name of what is known only when the graph runs."""
    dims = field(1, field(1 if isinstance(rows, int) else 2, rows)) + field(1, field(1, width))
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, dims)))


class Graph:
    """GraphProto: node 1, name 2, initializer 5, input 11, output 12."""

    def __init__(self, name):
        self.name = name
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
            + field(2, self.name)
            + b"".join(field(5, t) for t in self.tensors)
            + b"".join(field(11, value_info(*i)) for i in self.inputs)
            + b"".join(field(12, value_info(*o)) for o in self.outputs)
        )
        opsets = field(8, field(2, OPSET)) + field(8, field(1, CONTRIBUTED) + field(2, 1))
        return field(1, IR) + field(2, "riffle") + field(7, graph) + opsets


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

    def raw(self, name):
        """The bytes of a tensor, little-endian, as a graph holds them."""
        entry = self.header[name]
        if entry["dtype"] != "F32":
            raise SystemExit(f"{name} must be F32 but is {entry['dtype']}")
        first, last = entry["data_offsets"]
        return self.data[first:last]

    def values(self, name):
        values = array.array("f", self.raw(name))
        if sys.byteorder == "big":
            values.byteswap()
        return list(values)

    def matrix(self, name):
        values, width = self.values(name), self.shape(name)[1]
        return [values[i : i + width] for i in range(0, len(values), width)]
