"""Accuracy by length of read, the network beside logistic regression on k-mers, on the same reads of the test split.

python evaluate.py RUN_DIR [--references FILE.fna.gz ...]     the references that it was trained with, in any folder; writes RUN_DIR/scores.json
"""
import argparse
import json

import numpy as np
import torch

import genomes
from chordmixer import ChordMixer
from kmers import KmerRegression

LENGTHS = (200, 500, 1000, 2000, 5000, 10000, 20000)
READS, BASES = 800, 800_000                                  # of a length: so many reads, or as many as make so many bases
PEER_READS = 20_000                                            # that train the peer, of log-uniform lengths
CHOICES = [(k, decay) for k in (3, 4, 5, 6) for decay in (1e-4, 1e-3)]


def load(run):
    saved = torch.load(f'{run}/last.pt', weights_only=True)
    model = ChordMixer(**saved['sizes'])
    model.load_state_dict(saved['weights'])
    return model.eval(), saved


def drawn(taxa, split, length):
    """(reads, taxa) of one length, all taxa equally often; the same ones each time."""
    reads = genomes.Reads(taxa, split, length)
    count = max(1, min(READS, BASES // length) // len(taxa)) * len(taxa)
    pairs = [reads.draw(length, i % len(taxa)) for i in range(count)]
    return [read for read, _ in pairs], np.array([k for _, k in pairs])


def judge(model, reads):
    with torch.no_grad():
        return np.array([int(model(torch.from_numpy(read).long()[None]).argmax()) for read in reads])


def peer(taxa):
    """The regression whose mean accuracy over LENGTHS is best on the validation split, and that accuracy by its settings."""
    source = genomes.Reads(taxa, 'train', 1)
    pairs = [source.draw(int(n)) for n in source.lengths(PEER_READS)]
    reads, labels = [read for read, _ in pairs], np.array([k for _, k in pairs])
    held, best, tried = [drawn(taxa, 'valid', n) for n in LENGTHS], None, {}
    for k, decay in CHOICES:
        model = KmerRegression(k, reads, labels, len(taxa), decay)
        score = float(np.mean([(model.predict(x) == y).mean() for x, y in held]))
        tried[f'k {k}, decay {decay}'] = round(score, 4)
        if best is None or score > best[0]:
            best = score, k, model
    return best[2], tried


def main():
    p = argparse.ArgumentParser()
    p.add_argument('run')
    p.add_argument('--references', nargs='*', default=[])
    a = p.parse_args()
    model, saved = load(a.run)
    taxa = genomes.taxa(saved['arguments']['genome'], a.references, saved['arguments']['only_references'])
    if list(taxa) != saved['taxa']:
        raise SystemExit(f"The network was trained for {', '.join(saved['taxa'])}; these are {', '.join(taxa)}. Name the same references in the same order.")
    other, tried = peer(taxa)
    made_up = not saved['arguments']['only_references'] and not a.references
    genus = np.array([sorted({t[0] for t in taxa}).index(t[0]) for t in taxa]) if made_up else None
    rows, totals = [], np.zeros((2, len(taxa), 2), int)
    print(f"{'bases':>8} {'reads':>6} {'ChordMixer':>11} {f'{other.k}-mers':>8}" + (f" {'genus: ChordMixer':>18} {f'{other.k}-mers':>8}" if made_up else ''))
    for n in LENGTHS:
        reads, y = drawn(taxa, 'test', n)
        said = [judge(model, reads), other.predict(reads)]
        row = dict(bases=n, reads=len(y), chordmixer=round(float((said[0] == y).mean()), 4), kmers=round(float((said[1] == y).mean()), 4))
        if made_up:
            row.update(genus_chordmixer=round(float((genus[said[0]] == genus[y]).mean()), 4), genus_kmers=round(float((genus[said[1]] == genus[y]).mean()), 4))
        for m in range(2):
            for k in range(len(taxa)):
                totals[m, k] += [(said[m][y == k] == k).sum(), (y == k).sum()]
        rows.append(row)
        print(f"{n:8} {len(y):6} {row['chordmixer']:11.3f} {row['kmers']:8.3f}" + (f" {row['genus_chordmixer']:18.3f} {row['genus_kmers']:8.3f}" if made_up else ''), flush=True)
    by_taxon = {t: dict(chordmixer=round(float(c[0] / c[1]), 4), kmers=round(float(d[0] / d[1]), 4)) for t, c, d in zip(taxa, totals[0], totals[1])}
    print('all lengths:', ', '.join(f"{t} {v['chordmixer']:.3f} {v['kmers']:.3f}" for t, v in by_taxon.items()))
    with open(f'{a.run}/scores.json', 'w') as file:
        json.dump(dict(by_length=rows, by_taxon=by_taxon, peer=dict(k=other.k, reads=PEER_READS, validation=tried)), file, indent=1)


if __name__ == '__main__':
    main()
