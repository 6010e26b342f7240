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


class Conditioner:
    """Section 8.1: single wild samples are replaced, and what is below hearing is removed."""

    def __init__(self, c, rate):
        self.c, self.line, self.next = c['click'], np.zeros(2 * c['click']['reach'] + 1), -c['click']['reach']
        self.x, self.y = [0., 0.], [0., 0.]
        w = 2 * np.pi * c['high_pass_hz'] / rate
        alpha = np.sin(w) / np.sqrt(2)
        self.b, self.a1, self.a2 = (1 + np.cos(w)) / 2 / (1 + alpha), -2 * np.cos(w) / (1 + alpha), (1 - alpha) / (1 + alpha)

    def __call__(self, x):
        out, reach = np.zeros(len(x), np.float32), self.c['reach']
        for i, sample in enumerate(x.astype(np.float64)):
            self.line, self.next = np.append(self.line[1:], sample), self.next + 1
            if self.next <= 0:
                continue
            if self.next == 1:
                self.line[:reach] = self.line[reach + 1]
            here, others = self.line[reach], np.delete(self.line, reach)
            far, widest = abs(here - others.mean()), np.abs(others - others.mean()).max()
            if far > max(self.c['least'], self.c['ratio'] * widest):
                here = (self.line[reach - 1] + self.line[reach + 1]) / 2
            if self.next == 1:
                self.x = [here, here]
            y = self.b * (here - 2 * self.x[0] + self.x[1]) - self.a1 * self.y[0] - self.a2 * self.y[1]
            self.x, self.y = [here, self.x[0]], [0. if abs(y) < 1e-30 else y, self.y[0]]
            out[i] = self.y[0]
        return out


def tone_share(magnitude, gate, hz):
    """Section 8.2: share of the energy in lines that stand out of the spectrum; hz from one bin to the next."""
    energy = magnitude ** 2
    first, last = int(np.ceil(gate['lowest_hz'] / hz)), min(len(energy) - 1, int(gate['highest_hz'] / hz))
    around, end = max(4, round(gate['around_hz'] / hz)), min(len(energy) - 1, last + max(4, round(gate['around_hz'] / hz)))
    log, tones = np.log(energy + 1e-20), 0.
    for k in range(first, last + 1):
        below, above = log[max(0, k - around):max(0, k - 2)], log[k + 3:min(end, k + around) + 1]
        floor = max(side.mean() if len(side) else -np.inf for side in (below, above))
        if log[k] > floor + np.log(gate['excess']):
            tones += min(1, (k * hz / gate['heard_hz']) ** 4) * energy[k]
    total = energy[first:last + 1].sum()
    return tones / total if total > 0 else 0.


class Stream:
    """Feed samples in any chunking; notes come out as (MIDI pitch, start, end, published, confidence, velocity)."""

    def __init__(self, w, c):
        self.w, self.c, self.t, self.notes = w, c, 0, []
        self.samples = np.zeros(4096 - 1024, np.float32)                          # zeros before index 0
        self.level, self.seen = 0., 0
        self.gate = c['conditioning']['gate'] if 'conditioning' in c else None
        self.condition = Conditioner(c['conditioning'], 16000) if self.gate else lambda x: x
        self.hold = 0
        self.layers = [Lru(w, f'layers.{k}', 1) for k in range(3)]
        self.pitch_layer = Lru(w, 'pitch_layer', 88)
        self.o, self.f, self.v = ([np.zeros(88)] * 3 for _ in range(3))
        self.on, self.last, self.low, self.high = np.full(88, -1), np.full(88, -1000), np.zeros(88, int), np.zeros(88, int)
        self.open = [None] * 88
        self.trace = {k: [] for k in ('gain', 'features', 'onset_logits', 'frame_logits', 'velocity_logits', 'pitch_layer', 'local', 'layer0', 'layer1', 'layer2')}

    def feed(self, x):
        self.push(self.condition(x))

    def push(self, x):
        self.samples = np.concatenate([self.samples, x])
        while len(self.samples) >= 4096:
            self.frame(self.samples[:4096])
            self.samples = self.samples[512:]

    def end(self, total):
        while self.t < total // 512:
            self.push(np.zeros(512, np.float32))
        self.decide(np.zeros(88), np.zeros(88), np.zeros(88), flush=True)

    def gain(self, newest, magnitudes):
        g, tones = self.c['gain'], True
        if self.gate:
            tones = any(tone_share(m, self.gate, 8000 / (len(m) - 1)) >= self.gate['share'] for m in magnitudes)
            self.hold = self.gate['hold'] if tones else max(0, self.hold - 1)
        energy = np.mean(newest.astype(np.float64) ** 2)
        if tones and energy > g['silence']:
            self.seen += 1
            self.level += max(g['up'] if energy > self.level else g['down'], 1 / self.seen) * (energy - self.level)
        return np.float32(g['target_rms'] / np.sqrt(max(self.level, g['floor'])) if tones or self.hold else 0)

    def frame(self, window):
        w = self.w
        magnitudes = [np.abs(np.fft.rfft(window[-n:] * w[f'frontend.window_{n}'])) for n in (2048, 4096)]
        gain = self.gain(window[-512:], magnitudes)
        spectra = [m.astype(np.float32) @ w[f'frontend.bank_{2 * (len(m) - 1)}'] for m in magnitudes]
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
        hidden = []
        for layer in self.layers:
            h = layer.step(h)
            hidden.append(h[0])
        c = (normal(h, w['norm.weight'], w['norm.bias']) @ w['spread.weight'].T + w['spread.bias']).reshape(88, 8)
        v = self.pitch_layer.step(np.concatenate([z, c], 1) @ w['join.weight'].T + w['join.bias'])
        q = np.maximum(0, np.concatenate([z, v], 1) @ w['hidden.weight'].T + w['hidden.bias'])
        r = q @ w['heads.weight'].T + w['heads.bias'] + w['pitch_bias']
        for name, value in zip(self.trace, (gain, f, r[:, 0], r[:, 1], r[:, 2], v, z, *hidden)):
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
        worst = {k: float(np.abs(np.array(v)[gold['kept_frames']] - gold[k]).max() if k in ('local', 'layer0', 'layer1', 'layer2', 'pitch_layer') else np.abs(np.array(v) - gold[k]).max()) for k, v in stream.trace.items()}
        notes = np.array(sorted(stream.notes, key=lambda q: (q[1], q[0]))).reshape(-1, 6)
        same = notes.shape == gold['notes'].shape and float(np.abs(notes - gold['notes']).max(initial=0))
        print(path.split('/')[-1], {k: f'{e:.1e}' for k, e in worst.items()}, 'notes', len(notes), 'largest difference', same)
