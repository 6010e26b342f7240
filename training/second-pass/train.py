"""Trains the second pass on the candidates of data.py: its answer corrects the odds that the first pass gives,

    log odds of a note = trust * log odds of the first pass + log odds of the answer

python train.py DATA_DIR RUN_DIR --steps 12000   keeps in RUN_DIR the averaged weights with the best score on the generated validation files.
"""
import argparse
import copy
import math
import os
import time

import numpy as np
import torch
from sklearn.metrics import average_precision_score
from torch import nn
from torch.nn import functional as F

from rse import IMBALANCE, RseMusic
from windows import BINS, RATIOS, WINDOW, Data

BATCH, SELF = 32, RATIOS.index(1)
NOISE = .001                                                   # on the input, as the reference has it


class SecondPass(nn.Module):
    """Windows (B, window) and log odds of the first pass (B,) -> log odds (B, classes)."""

    def __init__(self, **sizes):
        super().__init__()
        self.net = RseMusic(**sizes)
        self.register_buffer('trust', torch.ones(()))
        with torch.no_grad():
            self.net.offset[SELF] = -IMBALANCE                 # begins as what the first pass says

    def forward(self, x, told):
        return self.net(x).float() + F.pad((self.trust * told)[:, None], (SELF, len(self.net.offset) - SELF - 1))


def predict(model, data, rows, batch=128):
    """Log odds (n, classes) of these candidates."""
    with torch.no_grad(), torch.autocast('cpu', dtype=torch.bfloat16):
        return torch.cat([model(data.windows(some), data.told(some)) for some in rows.split(batch)])


def tilts(rng, n):
    """Random equalisers (n, 294), for half of the windows."""
    place = torch.linspace(0, math.pi, BINS)
    t = torch.from_numpy(rng.normal(0, .15, (n, 1)).astype(np.float32))
    for j in range(1, 5):
        t = t + torch.from_numpy(rng.normal(0, .1, (n, 1)).astype(np.float32)) * torch.cos(j * place + torch.from_numpy(rng.uniform(0, 6, (n, 1)).astype(np.float32)))
    return t * torch.from_numpy((rng.random((n, 1)) < .5).astype(np.float32))


def main():
    p = argparse.ArgumentParser()
    p.add_argument('data')
    p.add_argument('run')
    p.add_argument('--units', type=int, default=48)
    p.add_argument('--blocks', type=int, default=1)
    p.add_argument('--convs', type=int, default=3)
    p.add_argument('--steps', type=int, default=12000)
    p.add_argument('--minutes', type=float, default=1e9, help='stop by then: the schedule follows whichever of steps and time is further')
    p.add_argument('--rate', type=float, default=2e-3)
    p.add_argument('--seed', type=int, default=7)
    p.add_argument('--checks', type=int, default=6)
    a = p.parse_args()
    os.makedirs(a.run, exist_ok=True)
    torch.manual_seed(a.seed)
    torch.set_flush_denormal(True)
    rng = np.random.default_rng(a.seed)
    data, valid = Data(f'{a.data}/train_*.npz'), Data(f'{a.data}/valid_*.npz')
    classes = 2 * len(RATIOS)
    net = SecondPass(window=WINDOW, units=a.units, blocks=a.blocks, convs=a.convs, classes=classes)
    average = copy.deepcopy(net)
    kernels = [q for n, q in net.named_parameters() if q.dim() > 1]
    others = [q for n, q in net.named_parameters() if q.dim() == 1]
    optimiser = torch.optim.AdamW([dict(params=kernels, weight_decay=1e-2), dict(params=others, weight_decay=0.)], eps=1e-6)
    weight = torch.full((classes,), .5 / classes)
    weight[SELF] = 1
    held = torch.arange(0, len(valid.found), 5)
    truth, told = valid.y[held, SELF].numpy(), valid.first_pass(held)
    print(sum(q.numel() for q in net.parameters()), 'parameters', len(data.found), 'candidates', float(data.y[:, SELF].mean()), 'true', len(held), 'to validate,',
          f'first pass AP {average_precision_score(truth, told):.4f}', flush=True)
    start, best, shown, step, checked = time.time(), 0, None, 0, 0
    while True:
        progress = max(step / a.steps, (time.time() - start) / 60 / a.minutes)
        if step and (progress >= 1 or int(progress * a.checks) > checked):
            checked = int(progress * a.checks)
            y = predict(average, valid, held)
            score = average_precision_score(truth, y[:, SELF])
            loss = F.binary_cross_entropy_with_logits(y[:, SELF], valid.y[held, SELF]).item()
            print(f'valid step {step} AP {score:.4f} loss {loss:.4f} at {time.time() - start:.0f} s', flush=True)
            if score > best:
                best = score
                torch.save(dict(weights=average.state_dict(), sizes=net.net.sizes, step=step, ap=score, loss=loss, first_pass_ap=average_precision_score(truth, told), candidates=len(data.found)), f'{a.run}/best.pt')
            if progress >= 1:
                break
        for group in optimiser.param_groups:
            group['lr'] = a.rate * (min(1, (step + 1) / 100) * .5 * (1 + math.cos(math.pi * progress)) + .003)
        rows = torch.from_numpy(rng.integers(len(data.found), size=BATCH))
        x = data.windows(rows, tilts(rng, BATCH))
        x = x + NOISE * torch.randn_like(x)
        with torch.autocast('cpu', dtype=torch.bfloat16):
            y = net(x, data.told(rows))
        each = F.binary_cross_entropy_with_logits(y, data.y[rows], reduction='none').mean(0)
        loss = (weight * each).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.)
        optimiser.step()
        step += 1
        keep = min(.998, step / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), 1 - keep)
        shown = each[SELF].item() if shown is None else .99 * shown + .01 * each[SELF].item()
        if step % 200 == 0 or step in (1, 10, 50):
            print(f'{step} {time.time() - start:.0f} s verdict {shown:.4f} all {loss.item():.4f}', flush=True)


if __name__ == '__main__':
    main()
