"""Genomes of taxa, split three ways, and reads of them. A base is a token: N and all else 0, A 1, C 2, G 3, T 4.

Synthetic taxa are split by genome: each has genomes of its own for training, validation and test, whose genes are new and whose codon usage
differs a little. A reference is split by position: of each of its sequences the first 60 % train, the next 15 % validate, the last 25 % test.
"""
import gzip
import os
import sys

import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'annotator'))
import synthetic                                               # noqa: E402

ALPHABET = 'NACGT'                                             # a letter's place is its token
SPLITS = ('train', 'valid', 'test')
PARTS = (0., .6, .75, 1.)                                      # where a reference is cut
COUNTS = dict(train=5, valid=1, test=2)                        # genomes of a synthetic taxon
SHORTEST, LONGEST = 200, 32768

# genus: genetic code, mean codon preference for G and C, GC of the spacers, how far its species' codon usage and proteins lie apart, species
GENERA = dict(
    a=dict(code=11, bias=.25, gc=.50, apart=.15, species=3),
    b=dict(code=11, bias=.55, gc=.60, apart=.30, species=3),
    c=dict(code=4, bias=-.60, gc=.28, apart=.50, species=2))
STRAIN = .05                                                   # how far a genome lies from its species

TOKEN = np.zeros(256, np.uint8)
for i, letters in enumerate(('Aa', 'Cc', 'Gg', 'TtUu')):
    for letter in letters:
        TOKEN[ord(letter)] = i + 1
COMPLEMENT = np.array([0, 4, 3, 2, 1], np.uint8)


def tokens(text):
    return TOKEN[np.frombuffer(text.encode('latin-1'), np.uint8)]


def made_up(length):
    """{taxon: {split: [tokens (length,)]}} of all species of GENERA; the same on every machine."""
    letters = sorted(synthetic.FREQ)
    taxa = {}
    for g, (name, genus) in enumerate(GENERA.items()):
        rng = np.random.default_rng([4, g])
        taste, protein = rng.normal(0, .7, 64), rng.normal(0, .15, len(letters))
        for s in range(genus['species']):
            rng = np.random.default_rng([4, g, s])
            own, proteins = taste + rng.normal(0, genus['apart'], 64), protein + rng.normal(0, genus['apart'] / 2, len(letters))
            gc = genus['gc'] + rng.normal(0, .05) * genus['apart']
            taxon = taxa.setdefault(f'{name}{s + 1}', {})
            for part, split in enumerate(SPLITS):
                for k in range(COUNTS[split]):
                    rng = np.random.default_rng([4, g, s, part, k])
                    usage = own + rng.normal(0, STRAIN, 64)
                    amino = {a: synthetic.FREQ[a] * np.exp(p) for a, p in zip(letters, proteins + rng.normal(0, STRAIN, len(letters)))}
                    text, _ = synthetic.genome(length, [4, g, s, part, k, 1], genus['code'], genus['bias'], gc, usage, amino)
                    taxon.setdefault(split, []).append(tokens(text))
    return taxa


def reference(path):
    """(name, {split: [tokens]}) of a FASTA file, gzipped or not."""
    with (gzip.open(path, 'rt', encoding='latin-1') if path.endswith('.gz') else open(path, encoding='latin-1')) as file:
        text = file.read()
    if not text.startswith('>'):
        raise SystemExit(f"{path}: expected FASTA, whose first line begins with '>'.")
    parts = {split: [] for split in SPLITS}
    for record in text[1:].split('\n>'):
        sequence = tokens(''.join(record.split('\n')[1:]).replace('\r', ''))
        cuts = [int(len(sequence) * p) for p in PARTS]
        for k, split in enumerate(SPLITS):
            if cuts[k + 1] - cuts[k] >= SHORTEST * 2:
                parts[split].append(sequence[cuts[k]:cuts[k + 1]])
    if not all(parts.values()):
        raise SystemExit(f'{path}: its sequences are too short to be split in three; 4,000 bases are the least.')
    return os.path.basename(path).split('.')[0], parts


def taxa(length, references, only):
    """{taxon: {split: [tokens]}}: the synthetic ones, unless only references are wanted, then a reference for each path."""
    found = {} if only else made_up(length)
    for path in references:
        name, parts = reference(path)
        if name in found:
            raise SystemExit(f"{path}: there is a taxon '{name}' already; rename the file.")
        found[name] = parts
    if len(found) < 2:
        raise SystemExit('A classifier needs two taxa or more.')
    return found


class Reads:
    """Draws reads of one split: a taxon, one of its sequences by length, a place, a strand, an error rate; all at random."""

    def __init__(self, taxa, split, seed):
        self.rng = np.random.default_rng([5, SPLITS.index(split), seed])
        self.names = list(taxa)
        self.sequences = [taxa[name][split] for name in self.names]
        self.weights = [np.array([len(s) for s in own]) / sum(len(s) for s in own) for own in self.sequences]

    def lengths(self, count, shortest=SHORTEST, longest=LONGEST):
        """Log-uniform."""
        return np.exp(self.rng.uniform(np.log(shortest), np.log(longest), count)).astype(int)

    def draw(self, length, taxon=None):
        """(tokens (<= length,), taxon). A sequence shorter than the read gives what it has."""
        rng = self.rng
        k = int(rng.integers(len(self.names))) if taxon is None else taxon
        own = self.sequences[k]
        whole = own[rng.choice(len(own), p=self.weights[k])]
        want = int(length * 1.15) + 20                         # what deletions take has to come from somewhere
        start = int(rng.integers(max(1, len(whole) - want + 1)))
        read = whole[start:start + want]
        if rng.random() < .5:
            read = COMPLEMENT[read[::-1]]
        return self.misread(read)[:length], k

    def misread(self, read):
        """Errors of a base caller: at a rate of 0.5 to 8 % for each read, 40 % of them substitutions, 40 % deletions, 20 % insertions."""
        rng = self.rng
        rate, u = rng.uniform(.005, .08), rng.random(len(read))
        wrong = np.flatnonzero(u < .4 * rate)
        read = read.copy()
        known = wrong[read[wrong] > 0]
        read[known] = (read[known] - 1 + rng.integers(1, 4, len(known))) % 4 + 1
        copies = np.ones(len(read), int)
        copies[(u >= .4 * rate) & (u < .8 * rate)] = 0
        longer = np.flatnonzero((u >= .8 * rate) & (u < rate))
        copies[longer] = 2
        out = np.repeat(read, copies)
        out[np.cumsum(copies)[longer] - 1] = rng.integers(1, 5, len(longer))
        return out

    def batch(self, length, count):
        """(tokens (count, n), taxa (count,)) with n = length, or as many as the shortest of them has."""
        drawn = [self.draw(length) for _ in range(count)]
        n = min(len(read) for read, _ in drawn)
        return np.stack([read[:n] for read, _ in drawn]), np.array([k for _, k in drawn])
