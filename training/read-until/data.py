"""Makes what the network learns from: worlds, their tables and the evidence of their reads.

python data.py OUT.npz WORLDS SEED [FILE.fasta[.gz]...]     reads of 1,800 bases, 64 a world, half of them from targets

Stretches of the files' genomes, of 5,000 known bases or more, take part in the worlds.
"""
import gzip
import re
import sys

import numpy as np

from evidence import STEP, Table
from worlds import World

K, READS, BASES = 15, 64, 120 * STEP


def genomes(path):
    """Contigs of a FASTA file, cut where a base is unknown."""
    with (gzip.open if path.endswith('.gz') else open)(path, 'rt') as file:
        for record in file.read().split('>')[1:]:
            letters = ''.join(record.split('\n')[1:]).upper().replace('U', 'T')
            for known in re.findall('[ACGT]{5000,}', letters):
                yield np.frombuffer(known.translate(str.maketrans('ACGT', '\0\1\2\3')).encode(), np.uint8)


def world(rng, own=()):
    """Evidence (64, 120, 15), label (64,); in a third of the worlds the references count as larger than they are."""
    w = World(rng, own)
    x, y = w.reads(rng, READS, BASES)
    chance = [float(np.exp(rng.uniform(np.log(1e-4), np.log(.25)))) if rng.random() < .35 else 0. for _ in range(2)]
    table = Table(w.targets, w.known, K, (chance[0], chance[1] if w.known else 0.))
    return table.features(x).astype(np.float16), y, bool(w.known)


if __name__ == '__main__':
    out, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    own = [g for path in sys.argv[4:] for g in genomes(path)]
    made = [world(np.random.default_rng([seed, i]), own) for i in range(n)]
    np.savez(out, x=np.concatenate([m[0] for m in made]), y=np.concatenate([m[1] for m in made]), given=np.repeat([m[2] for m in made], READS),
             references=np.array([p.split('/')[-1] for p in sys.argv[4:]], str))
