"""What the families are worth on worlds that neither trained nor calibrated them, and what the sequential test makes of it.

python evaluate.py TEST.npz RUN_DIR...
"""
import json
import sys

import numpy as np
import torch

from evidence import STEP
from train import FAMILIES, load, predict, report

if __name__ == '__main__':
    x, y, given, _ = load(sys.argv[1])
    torch.set_num_threads(1)
    for run in sys.argv[2:]:
        best, summary = torch.load(f'{run}/best.pt'), json.load(open(f'{run}/summary.json'))
        net = FAMILIES[best['family']]()
        net.load_state_dict(best['weights'])
        odds = summary['scale'] * predict(net, x) + summary['shift']                              # (T, N)
        print(f"{best['family']}, {sum(q.numel() for q in net.parameters())} parameters; accuracy in percent of {len(y)} reads: all, rest given, not given; cross entropy")
        for chunks, row in report(odds, y, given).items():
            print(f'  {chunks:2} chunks  ' + '  '.join(f'{v:7.2f}' for v in row[:3]) + f'  {row[3]:.4f}')
        for rate in (.05, .01, .001):
            threshold = np.log((1 - rate) / rate)
            beyond = (odds.abs() >= threshold).numpy()
            decided = beyond.any(0)
            first = np.where(decided, beyond.argmax(0), len(odds) - 1)
            target = odds.numpy()[first, np.arange(len(y))] > 0
            truth = y.numpy() > 0
            bases = STEP * (first + 1)
            print(f'  errors allowed {rate}: of rest taken for target {100 * (target & decided)[~truth].mean():.2f} %, of targets taken for rest {100 * (~target & decided)[truth].mean():.2f} %, '
                  f'undecided {100 * (~decided).mean():.2f} %; bases p50 {np.percentile(bases, 50):.0f} p90 {np.percentile(bases, 90):.0f} p99 {np.percentile(bases, 99):.0f}')
