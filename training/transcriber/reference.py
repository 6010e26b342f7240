"""A plain numpy port of docs/lru-transcriber.md that works hop by hop, as a live stream does. Checks golden cases.

python reference.py MODEL_DIR GOLDEN_DIR
"""
import glob
import json
import sys

import numpy as np
from safetensors.numpy import load_file


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Lru:
    """One layer for M independent streams: x (M, width) -> (M, width)."""

    def __init__(self, w, name, streams):
        self.w = {k[len(name) + 1:]: v for k, v in w.items() if k.startswith(name + '.')}
        self.lam = np.exp(-np.exp(self.w['nu_log'])) * np.exp(1j * np.exp(self.w['theta_log']))
        self.state = np.zeros((streams, len(self.lam)), np.complex64)

    def step(self, x):
        w = self.w
        n = normal(x, w['norm.weight'], w['norm.bias'])
        self.state = self.lam * self.state + np.exp(w['gamma_log']) * (n @ w['B_re'].T + 1j * (n @ w['B_im'].T))
        y = self.state.real @ w['C_re'].T - self.state.imag @ w['C_im'].T + w['D'] * n
        y = .5 * y * (1 + np.tanh(np.sqrt(2 / np.pi) * (y + .044715 * y ** 3)))
        return x + (y @ w['out1.weight'].T + w['out1.bias']) * sigmoid(y @ w['out2.weight'].T + w['out2.bias'])


def normal(x, weight, bias):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6) * weight + bias


class Stream:
    """Feed samples in any chunking; notes come out as (MIDI pitch, start, end, published, confidence, velocity)."""

    def __init__(self, w, c):
        self.w, self.c, self.t, self.notes = w, c, 0, []
        self.samples = np.zeros(4096 - 1024, np.float32)                          # zeros before index 0
        self.level, self.seen = 0., 0
        self.layers = [Lru(w, f'layers.{k}', 1) for k in range(3)]
        self.pitch_layer = Lru(w, 'pitch_layer', 88)
        self.o, self.f, self.v = ([np.zeros(88)] * 3 for _ in range(3))
        self.on, self.last, self.low, self.high = np.full(88, -1), np.full(88, -1000), np.zeros(88, int), np.zeros(88, int)
        self.open = [None] * 88
        self.trace = dict(gain=[], features=[], onset_logits=[], frame_logits=[], velocity_logits=[], layer2=[], pitch_layer=[])

    def feed(self, x):
        self.samples = np.concatenate([self.samples, x])
        while len(self.samples) >= 4096:
            self.frame(self.samples[:4096])
            self.samples = self.samples[512:]

    def end(self, total):
        while self.t < total // 512:
            self.feed(np.zeros(512, np.float32))
        self.decide(np.zeros(88), np.zeros(88), np.zeros(88), flush=True)

    def frame(self, window):
        g, w = self.c['gain'], self.w
        energy = np.mean(window[-512:].astype(np.float64) ** 2)
        if energy > g['silence']:
            self.seen += 1
            self.level += max(g['up'] if energy > self.level else g['down'], 1 / self.seen) * (energy - self.level)
        gain = np.float32(g['target_rms'] / np.sqrt(max(self.level, g['floor'])))
        spectra = [np.abs(np.fft.rfft(window[-n:] * w[f'frontend.window_{n}'])).astype(np.float32) @ w[f'frontend.bank_{n}'] for n in (2048, 4096)]
        f = (np.log(np.array(spectra) * gain + np.float32(3e-5)) + 8) / 3
        padded = np.full((2, 36 + 294 + 100), -1, np.float32)
        padded[:, 36:330] = f
        stacked = np.zeros((16, 266), np.float32)
        for k, s in enumerate((-36, 0, 36, 57, 72, 84, 93, 108)):
            stacked[2 * k:2 * k + 2, 1:265] = padded[:, 36 + s:36 + s + 264]
        u = np.zeros((24, 48 + 88), np.float32)
        u[:, 24:112] = np.maximum(0, w['stack.bias'][:, None] + sum(w['stack.weight'][:, :, i] @ stacked[:, i:i + 262:3] for i in range(5)))
        z = np.maximum(0, w['octaves.bias'] + sum(u[:, 12 * i:12 * i + 88].T @ w['octaves.weight'][:, :, i].T for i in range(5)))
        h = (z[:, :8].reshape(1, -1) @ w['encode.weight'].T) + w['encode.bias']
        for layer in self.layers:
            h = layer.step(h)
        c = (normal(h, w['norm.weight'], w['norm.bias']) @ w['spread.weight'].T + w['spread.bias']).reshape(88, 8)
        v = self.pitch_layer.step(np.concatenate([z, c], 1) @ w['join.weight'].T + w['join.bias'])
        q = np.maximum(0, np.concatenate([z, v], 1) @ w['hidden.weight'].T + w['hidden.bias'])
        r = q @ w['heads.weight'].T + w['heads.bias'] + w['pitch_bias']
        for name, value in zip(self.trace, (gain, f, r[:, 0], r[:, 1], r[:, 2], h[0], v)):
            self.trace[name].append(value)
        self.decide(sigmoid(r[:, 0]), sigmoid(r[:, 1]), sigmoid(r[:, 2]))

    def decide(self, o, f, v, flush=False):
        d, t = self.c['decoder'], self.t
        self.o, self.f, self.v = self.o[1:] + [o], self.f[1:] + [f], self.v[1:] + [v]
        for p in range(88):
            two, one, now = (x[p] for x in self.o)
            self.high[p] = self.high[p] + 1 if f[p] >= d['late'] else 0
            new = None
            if t >= 1 and one >= d['onset'] and one > two and one >= now and max(f[p], self.f[1][p]) >= d['support'] and t - 1 - self.last[p] >= d['refractory']:
                new = (t - 1, t - 1 + np.clip(.5 * (now - two) / max(1e-6, 2 * one - two - now), -.5, .5), one, self.v[1][p])
            elif self.on[p] < 0 and self.high[p] >= d['late_frames']:
                new = (t - self.high[p] + 1, float(t - self.high[p] + 1), f[p], v[p])
            if new:
                if self.on[p] >= 0:
                    self.close(p, max(self.on[p] + d['shortest'], new[0]))
                self.on[p] = self.last[p] = new[0]
                self.low[p], self.open[p] = 0, (new[1], t, new[2], new[3])
            elif self.on[p] >= 0:
                self.low[p] = self.low[p] + 1 if f[p] < d['frame'] else 0
                if self.low[p] >= d['gap'] or flush:
                    self.close(p, max(self.on[p] + d['shortest'], t - self.low[p] + 1))
                    self.on[p], self.high[p] = -1, 0
            if flush and self.on[p] >= 0:
                self.close(p, max(self.on[p] + d['shortest'], t))
        self.t += 1

    def close(self, p, end):
        start, told, sure, loud = self.open[p]
        self.notes.append((p + 21, start, float(end), told, sure, loud))


if __name__ == '__main__':
    weights, constants = load_file(f'{sys.argv[1]}/model.safetensors'), json.load(open(f'{sys.argv[1]}/config.json'))
    for path in sorted(glob.glob(f'{sys.argv[2]}/*.safetensors')):
        gold, stream = load_file(path), Stream(weights, constants)
        x = gold['pcm'].astype(np.float32) / 32768
        at = 0
        for size in np.random.default_rng(0).integers(1, 3000, 1000):           # any chunking
            stream.feed(x[at:at + size])
            at += size
        stream.end(len(x))
        worst = {k: float(np.abs(np.array(v)[gold['kept_frames']] - gold[k]).max() if k in ('layer2', 'pitch_layer') else np.abs(np.array(v) - gold[k]).max()) for k, v in stream.trace.items()}
        notes = np.array(sorted(stream.notes, key=lambda q: (q[1], q[0]))).reshape(-1, 6)
        same = notes.shape == gold['notes'].shape and float(np.abs(notes - gold['notes']).max(initial=0))
        print(path.split('/')[-1], {k: f'{e:.1e}' for k, e in worst.items()}, 'notes', len(notes), 'largest difference', same)
