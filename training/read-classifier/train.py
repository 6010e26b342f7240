"""Trains the read classifier: every batch has reads of one length, drawn log-uniformly, so that nothing is padded.

python train.py RUN_DIR [--begin RUN_DIR] [--references FILE.fna.gz ...] [--only-references]     keeps in RUN_DIR the averaged weights
"""
import argparse
import copy
import math
import os
import time

import torch
from torch.nn import functional as F

import genomes
from chordmixer import ChordMixer

AVERAGE = .998                                                 # of weights, over steps
EARLY = 4096                                                   # longest read before that
LATE = .5                                                     # of the steps, where reads of all lengths begin


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument('run')
    p.add_argument('--references', nargs='*', default=[], help='FASTA files, each a taxon')
    p.add_argument('--only-references', action='store_true', help='without the synthetic taxa')
    p.add_argument('--genome', type=int, default=300_000, help='bases of a synthetic genome')
    p.add_argument('--track', type=int, default=8)
    p.add_argument('--hidden', type=int, default=64)
    p.add_argument('--begin', help='a run whose weights to start from; the decoder is initialized again if the taxa differ')
    p.add_argument('--steps', type=int, default=6000, help='that the learning rate falls over')
    p.add_argument('--stop', type=int, help='after so many of them')
    p.add_argument('--bases', type=int, default=16384, help='of a batch; two reads are the least')
    p.add_argument('--rate', type=float, default=2e-3)
    p.add_argument('--seed', type=int, default=7)
    return p.parse_args()


def accuracy(model, reads, length, count, batch=16):
    """Of count reads of this length."""
    right = 0
    with torch.no_grad(), torch.autocast('cpu', dtype=torch.bfloat16):
        for _ in range(count // batch):
            x, y = reads.batch(length, batch)
            right += int((model(torch.from_numpy(x).long()).argmax(1) == torch.from_numpy(y)).sum())
    return right / (count // batch * batch)


def before(saved):
    """What a run began with, without its weights."""
    return None if saved is None else {k: saved[k] for k in ('step', 'reads', 'bases', 'cpu_seconds', 'arguments', 'earlier', 'taxa') if k in saved}


def main():
    a = arguments()
    os.makedirs(a.run, exist_ok=True)
    torch.manual_seed(a.seed)
    torch.set_flush_denormal(True)
    taxa = genomes.taxa(a.genome, a.references, a.only_references)
    reads = genomes.Reads(taxa, 'train', a.seed)
    model = ChordMixer(len(genomes.ALPHABET), len(taxa), genomes.LONGEST, a.track, a.hidden)
    earlier = None
    if a.begin:
        earlier = torch.load(f'{a.begin}/last.pt', weights_only=True)
        kept = {k: v for k, v in earlier['weights'].items() if earlier['taxa'] == list(taxa) or not k.startswith('decoder')}
        model.load_state_dict(kept, strict=len(kept) == len(earlier['weights']))
    average = copy.deepcopy(model)
    kernels = [q for q in model.parameters() if q.dim() > 1]
    others = [q for q in model.parameters() if q.dim() == 1]
    optimiser = torch.optim.AdamW([dict(params=kernels, weight_decay=1e-2), dict(params=others, weight_decay=0.)])
    print(sum(q.numel() for q in model.parameters()), 'parameters;', ', '.join(taxa), flush=True)
    start, shown, seen_reads, seen_bases = time.process_time(), None, 0, 0
    last = a.stop or a.steps
    for step in range(last):
        progress = step / a.steps
        for group in optimiser.param_groups:
            group['lr'] = a.rate * (min(1, (step + 1) / 200) * .5 * (1 + math.cos(math.pi * progress)) + .003)
        length = int(reads.lengths(1, longest=EARLY if progress < LATE else genomes.LONGEST)[0])
        x, y = reads.batch(length, max(2, a.bases // length))
        with torch.autocast('cpu', dtype=torch.bfloat16):
            loss = F.cross_entropy(model(torch.from_numpy(x).long()).float(), torch.from_numpy(y))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.)
        optimiser.step()
        seen_reads, seen_bases = seen_reads + len(x), seen_bases + x.size
        keep = min(AVERAGE, step / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - keep)
        shown = loss.item() if shown is None else .98 * shown + .02 * loss.item()
        if step % 100 == 99:
            print(f'{step + 1} {time.process_time() - start:.0f} s loss {shown:.3f}', flush=True)
        if step % 1000 == 999 or step + 1 == last:
            scores = {n: round(accuracy(average, genomes.Reads(taxa, 'valid', n), n, 320), 3) for n in (500, 2000)}
            print(f'valid {step + 1} {time.process_time() - start:.0f} s accuracy by length {scores}', flush=True)
            torch.save(dict(weights=average.state_dict(), sizes=model.sizes, taxa=list(taxa), step=step + 1, reads=seen_reads, bases=seen_bases,
                            arguments=vars(a), earlier=before(earlier), cpu_seconds=round(time.process_time() - start)), f'{a.run}/last.pt')


if __name__ == '__main__':
    main()
