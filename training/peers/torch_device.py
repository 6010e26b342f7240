#!/usr/bin/env python3
"""Runs models in PyTorch on a device, eagerly or compiled, and times them, for Riffle to race against.

    python3 training/peers/torch_device.py --device cuda --precision tf32

The first line on the standard output says what runs, as an object of JSON. Then commands come by line
on the standard input, each an object of JSON, and each is answered by a line, {"ok": true, ...} or
{"ok": false, "problem": "..."}:

    {"do": "load", "id": "a", "kind": "rse", "mode": "eager", "weights": FILE, "input": FILE,
     "length": 2048, "batch": 1}      makes a model, on the device with its input, and runs it three times
    {"do": "run", "id": "a", "times": 5}             seconds of each run, its end awaited
    {"do": "feed", "id": "a", "times": 5}            the same, input and answer over the bus each time
    {"do": "answer", "id": "a", "file": FILE, "first": 0, "count": 100}   writes that part of the answer
    {"do": "reset", "id": "a"}                       states become zeros
    {"do": "drop", "id": "a"}                        frees it
    {"do": "copy", "bytes": 1073741824}              bytes per second, read and written ones counted
    {"do": "matmul", "size": 8192}                   operations per second, in the precision

kind is chordmixer, rse or lru; mode is eager, compile (inductor) or graphs (inductor, its kernels
replayed from a CUDA graph); precision is

    fp32    float32, no TF32 anywhere
    tf32    float32, products in TF32
    bf16    products in BF16 by autocast, the rest in float32; --bf16 whole makes all of it BF16

The models of windows are those of torch_windows.py. Files of values hold little-endian float32.
Needs torch alone, and a C compiler and triton for the compiled modes.
"""

import argparse
import array
import cmath
import contextlib
import gc
import json
import math
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

from onnx_graph import Weights
from torch_windows import ChordMixer, Rse, tensor


class LruLayer(nn.Module):
    """h = lambda h + gamma B u, y = gelu(Re(C h) + D u), x + (W1 y + b1) sigmoid(W2 y + b2)."""

    def __init__(self, w, i, keys):
        super().__init__()
        p = f"params/encoder/layers_{i}/"
        seq = p + "seq/"
        n, d = w.shape(seq + "B_re")
        nu, theta = w.values(seq + "nu_log"), w.values(seq + "theta_log")
        decay = [cmath.exp(complex(-math.exp(a), math.exp(b))) for a, b in zip(nu, theta)]
        gamma = torch.exp(tensor(w, seq + "gamma_log"))[:, None]
        self.norm = nn.LayerNorm(d, eps=1e-6)
        self.norm.weight.data = tensor(w, p + "normalization/scale")
        self.norm.bias.data = tensor(w, p + "normalization/bias")
        self.keep("re", torch.tensor([c.real for c in decay]))
        self.keep("im", torch.tensor([c.imag for c in decay]))
        # both parts of B in one product, both of C in another
        self.keep("b", torch.cat([gamma * tensor(w, seq + "B_re"), gamma * tensor(w, seq + "B_im")]))
        self.keep("c", torch.cat([tensor(w, seq + "C_re"), -tensor(w, seq + "C_im")], dim=1))
        self.keep("d", tensor(w, seq + "D"))
        out = [tensor(w, p + f"out{k}/kernel").t() for k in (1, 2)]
        self.keep("out", torch.cat(out).contiguous())
        self.keep("out_bias", torch.cat([tensor(w, p + f"out{k}/bias") for k in (1, 2)]))
        self.register_buffer("state_re", torch.zeros(keys, n))
        self.register_buffer("state_im", torch.zeros(keys, n))

    def keep(self, name, values):
        setattr(self, name, nn.Parameter(values, requires_grad=False))

    def forward(self, x):
        u = self.norm(x)
        bu_re, bu_im = F.linear(u, self.b).chunk(2, dim=-1)
        re = self.re * self.state_re - self.im * self.state_im + bu_re
        im = self.re * self.state_im + self.im * self.state_re + bu_im
        self.state_re.copy_(re)
        self.state_im.copy_(im)
        y = F.linear(torch.cat([re, im], dim=-1), self.c) + self.d * u
        value, gate = F.linear(F.gelu(y, approximate="tanh"), self.out, self.out_bias).chunk(2, dim=-1)
        return x + value * torch.sigmoid(gate)


class Lru(nn.Module):
    """One step of each key, layer norm before the recurrence; states stay where they are."""

    def __init__(self, w, keys):
        super().__init__()
        self.encoder = self.dense(w, "encoder/encoder")
        layers = 0
        while f"params/encoder/layers_{layers}/seq/nu_log" in w.header:
            layers += 1
        self.layers = nn.ModuleList(LruLayer(w, i, keys) for i in range(layers))
        self.decoder = self.dense(w, "decoder")

    @staticmethod
    def dense(w, name):
        inputs, outputs = w.shape(f"params/{name}/kernel")
        dense = nn.Linear(inputs, outputs)
        dense.weight.data = tensor(w, f"params/{name}/kernel").t().contiguous()
        dense.bias.data = tensor(w, f"params/{name}/bias")
        return dense

    def forward(self, x):
        x = self.encoder(x)
        for layer in self.layers:
            x = layer(x)
        return F.log_softmax(self.decoder(x), dim=-1)

    def reset(self):
        for layer in self.layers:
            layer.state_re.zero_()
            layer.state_im.zero_()


def model(kind, weights, length, batch):
    w = Weights(weights)
    if kind == "lru":
        return Lru(w, batch)
    return ChordMixer(w, length) if kind == "chordmixer" else Rse(w, length)


class Loaded:
    """A model on the device, with its input."""

    def __init__(self, host, kind, mode, weights, input, length, batch):
        self.host = host
        self.model = model(kind, weights, length, batch).eval().to(host.device)
        if host.whole:
            self.model = self.model.to(torch.bfloat16)
        with open(input, "rb") as file:
            x = torch.frombuffer(bytearray(file.read()), dtype=torch.float32)
        self.x = x.reshape(batch, -1) if kind == "lru" else x.reshape(batch, length, -1)
        self.there = self.x.to(host.device)
        self.forward = self.model
        if mode != "eager":
            torch._dynamo.reset()  # no case is compiled with what another has taught it
            graphs = {"triton.cudagraphs": True} if mode == "graphs" else None
            self.forward = torch.compile(self.model, fullgraph=True, dynamic=False, options=graphs)
        self.y = None
        for _ in range(3):
            self.step(self.there)

    def step(self, x):
        y = self.host.run(self.forward, x)
        self.host.wait()
        return y

    def run(self, times):
        seconds = []
        for _ in range(times):
            start = time.perf_counter()
            self.y = self.step(self.there)
            seconds.append(time.perf_counter() - start)
        return seconds

    def feed(self, times):
        seconds = []
        for _ in range(times):
            start = time.perf_counter()
            self.y = self.host.run(self.forward, self.x.to(self.host.device)).float().cpu()
            seconds.append(time.perf_counter() - start)
        return seconds

    def answer(self, file, first, count):
        values = self.y.float().flatten()[first : first + count].cpu()
        floats = array.array("f", values.tolist())
        if sys.byteorder == "big":
            floats.byteswap()
        with open(file, "wb") as out:
            floats.tofile(out)

    def reset(self):
        if isinstance(self.model, Lru):
            self.model.reset()


class Host:
    def __init__(self, device, precision, whole):
        self.device = device
        self.precision = precision
        self.whole = whole and precision == "bf16"
        self.autocast = precision == "bf16" and not whole
        tf32 = precision == "tf32"
        torch.set_float32_matmul_precision("high" if tf32 else "highest")
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def run(self, forward, x):
        cast = torch.autocast(self.device, torch.bfloat16) if self.autocast else contextlib.nullcontext()
        with torch.no_grad(), cast:
            return forward(x.to(torch.bfloat16) if self.whole else x)

    def rate(self, amount, work):
        """The median of seven, each long enough for the clock."""
        for _ in range(3):
            work()
        self.wait()
        rates = []
        for _ in range(7):
            start = time.perf_counter()
            times = 0
            while times == 0 or time.perf_counter() - start < 0.02:
                for _ in range(5):
                    work()
                self.wait()
                times += 5
            rates.append(times * amount / (time.perf_counter() - start))
        return statistics.median(rates)

    def copy(self, size):
        a = torch.rand(size // 4, device=self.device)
        b = torch.empty_like(a)
        return self.rate(2 * size, lambda: b.copy_(a))

    def matmul(self, n):
        kind = torch.bfloat16 if self.precision == "bf16" else torch.float32
        a = torch.rand(n, n, device=self.device).sub_(0.5).to(kind)
        b = torch.rand(n, n, device=self.device).sub_(0.5).to(kind)
        y = torch.empty(n, n, device=self.device, dtype=kind)
        return self.rate(2 * n**3, lambda: torch.mm(a, b, out=y))

    def describe(self):
        cuda = self.device == "cuda"
        return {
            "torch": torch.__version__,
            "device": torch.cuda.get_device_name() if cuda else "cpu",
            "cuda": torch.version.cuda,
            "precision": self.precision + (" whole" if self.whole else ""),
            "allow_tf32": torch.backends.cuda.matmul.allow_tf32,
        }


def obey(host, loaded, do, id=None, **arguments):
    """What a command answers besides that it is done."""
    if do == "load":
        start = time.perf_counter()
        loaded[id] = Loaded(host, **arguments)
        return {"seconds": time.perf_counter() - start}
    if do in ("run", "feed"):
        return {"seconds": getattr(loaded[id], do)(arguments["times"])}
    if do == "answer":
        loaded[id].answer(**arguments)
    elif do == "reset":
        loaded[id].reset()
    elif do == "drop":
        loaded.pop(id, None)
        gc.collect()
        if host.device == "cuda":
            torch.cuda.empty_cache()
    elif do == "copy":
        return {"rate": host.copy(arguments["bytes"])}
    elif do == "matmul":
        return {"rate": host.matmul(arguments["size"])}
    else:
        raise ValueError(f"no command is called {do}")
    return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
    parser.add_argument("--bf16", choices=["autocast", "whole"], default="autocast")
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("torch finds no CUDA GPU")
    host = Host(arguments.device, arguments.precision, arguments.bf16 == "whole")
    print(json.dumps(host.describe()), flush=True)
    loaded = {}
    for line in sys.stdin:
        try:
            said = {"ok": True, **obey(host, loaded, **json.loads(line))}
        except Exception as e:  # whatever it is, the next case may go
            said = {"ok": False, "problem": f"{type(e).__name__}: {e}"[:600]}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
