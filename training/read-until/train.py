"""Trains the network on the evidence of data.py: after every step it says how likely the read is from the targets.

python train.py TRAIN.npz[,MORE.npz] VALID.npz RUN_DIR [--family lru|qrnn|sum] [--steps 1500]
"""
import argparse
import copy
import json
import math
import os
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'transcriber'))
from model import LruLayer                                    # noqa: E402  x (T, M, width) -> the same, and the state

CHUNK = 12                                                    # steps of 15 bases in a chunk of 0.4 s


class LruNetwork(nn.Module):
    """The family lru of layer norm, prenorm, no pooling: x (T, M, 15) -> log-probabilities of rest and target (T, M, 2)."""

    def __init__(self, inputs=15, width=24, size=24, layers=2):
        super().__init__()
        self.encoder = nn.Linear(inputs, width)
        self.layers = nn.ModuleList(LruLayer(width, size, r_min=.5, r_max=.999, max_phase=.3) for _ in range(layers))
        self.decoder = nn.Linear(width, 2)

    def forward(self, x):
        x = self.encoder(x)
        for layer in self.layers:
            x, _ = layer(x)
        return F.log_softmax(self.decoder(x), -1)


class QrnnNetwork(nn.Module):
    """fo-pooling of width 2 as in the paper, and a linear head."""

    def __init__(self, inputs=15, width=32, layers=2):
        super().__init__()
        self.convs = nn.ModuleList(nn.Linear(2 * (inputs if i == 0 else width), 3 * width) for i in range(layers))
        for conv in self.convs:
            conv.bias.data[width:2 * width] = torch.linspace(-1, 4, width)
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        for conv in self.convs:
            z, f, o = conv(torch.cat([F.pad(x[:-1], (0, 0, 0, 0, 1, 0)), x], -1)).chunk(3, -1)
            z, f, o = torch.tanh(z), torch.sigmoid(f), torch.sigmoid(o)
            c, all_c = torch.zeros_like(z[0]), []
            for zt, ft in zip(z, f):
                c = ft * c + (1 - ft) * zt
                all_c.append(c)
            x = o * torch.stack(all_c)
        return F.log_softmax(self.head(x), -1)


class SumNetwork(nn.Module):
    """No recurrence to learn: a linear map of the sum and of the mean of the evidence so far. What the network has to beat."""

    def __init__(self, inputs=15):
        super().__init__()
        self.head = nn.Linear(2 * inputs, 2)

    def forward(self, x):
        total = x.cumsum(0)
        return F.log_softmax(self.head(torch.cat([total / CHUNK, total / torch.arange(1., len(x) + 1)[:, None, None]], -1)), -1)


FAMILIES = dict(lru=LruNetwork, qrnn=QrnnNetwork, sum=SumNetwork)


def log_odds(y):
    return y[..., 1] - y[..., 0]


def load(paths):
    parts = [np.load(p) for p in paths.split(',')]
    x = torch.from_numpy(np.concatenate([p['x'][:, :, :15] for p in parts]))   # (N, T, 15), half precision
    named = sorted({str(r) for p in parts for r in p.get('references', [])})
    return x, torch.from_numpy(np.concatenate([p['y'] for p in parts])), np.concatenate([p['given'] for p in parts]), named


def predict(net, x, batch=256):
    with torch.no_grad():
        return torch.cat([log_odds(net(b.float().transpose(0, 1))) for b in x.split(batch)], 1)       # (T, N)


def report(odds, y, given):
    """Accuracy in percent and loss at 1, 2, 3, 5 and 10 chunks: all, rest given, not given."""
    out = {}
    for c in (1, 2, 3, 5, 10):
        z = odds[CHUNK * c - 1]
        right = ((z > 0).float() == y).numpy()
        out[c] = [round(100 * float(v), 2) for v in (right.mean(), right[given].mean(), right[~given].mean())] + [
            round(float(F.binary_cross_entropy_with_logits(z, y)), 4)]
    return out


def main():
    p = argparse.ArgumentParser()
    p.add_argument('train')
    p.add_argument('valid')
    p.add_argument('run')
    p.add_argument('--family', default='lru')
    p.add_argument('--steps', type=int, default=1500)
    p.add_argument('--rate', type=float, default=4e-3)
    p.add_argument('--batch', type=int, default=128)
    a = p.parse_args()
    os.makedirs(a.run, exist_ok=True)
    torch.manual_seed(7)
    torch.set_num_threads(1)
    rng = np.random.default_rng(7)
    (x, y, _, named), (vx, vy, vgiven, _) = load(a.train), load(a.valid)
    net = FAMILIES[a.family]()
    average = copy.deepcopy(net)
    params = list(net.named_parameters())
    slow = [q for n, q in params if n.split('.')[-1] in ('nu_log', 'theta_log', 'gamma_log')]
    fast = [q for n, q in params if n.split('.')[-1] not in ('nu_log', 'theta_log', 'gamma_log')]
    opt = torch.optim.AdamW([dict(params=fast, weight_decay=1e-2, peak=a.rate), dict(params=slow, weight_decay=0., peak=a.rate / 2)], lr=a.rate)
    print(sum(q.numel() for q in net.parameters()), 'parameters', len(x), 'reads', len(vx), 'to validate', flush=True)
    began, shown = time.process_time(), None
    for step in range(a.steps):
        for g in opt.param_groups:
            g['lr'] = g['peak'] * (min(1, (step + 1) / 100) * .5 * (1 + math.cos(math.pi * step / a.steps)) + .003)
        rows = torch.from_numpy(rng.integers(len(x), size=a.batch))
        z = log_odds(net(x[rows].float().transpose(0, 1)))                   # (T, M)
        loss = F.binary_cross_entropy_with_logits(z, y[rows].expand_as(z))
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.)
        opt.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), max(.01, 1 / (step + 1)))
        shown = loss.item() if shown is None else .98 * shown + .02 * loss.item()
        if (step + 1) % 250 == 0:
            print(step + 1, f'{time.process_time() - began:.0f} CPU s loss {shown:.4f} valid', report(predict(average, vx), vy, vgiven), flush=True)
    odds = predict(average, vx)
    # calibration on validation worlds: log odds' = scale * log odds + shift, over all steps
    scale, shift = torch.ones((), requires_grad=True), torch.zeros((), requires_grad=True)
    fit = torch.optim.LBFGS([scale, shift], max_iter=50)

    def closure():
        fit.zero_grad()
        some = odds[2::3]
        nll = F.binary_cross_entropy_with_logits(scale * some + shift, vy.expand_as(some))
        nll.backward()
        return nll
    fit.step(closure)
    torch.save(dict(weights=average.state_dict(), family=a.family, steps=a.steps, batch=a.batch, reads=len(x), references=named), a.run + '/best.pt')
    summary = dict(validation=report(odds, vy, vgiven), scale=scale.item(), shift=shift.item(), cpu_seconds=round(time.process_time() - began))
    json.dump(summary, open(a.run + '/summary.json', 'w'), indent=1)
    print(summary)


if __name__ == '__main__':
    main()
