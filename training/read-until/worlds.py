"""Synthetic worlds of genomes, some of which are the targets, and reads as a base caller hands them on. Bases are A 0, C 1, G 2, T 3.

A world has families: an ancestor of its own codon usage and composition, and relatives of it that diverged by substitutions, insertions,
deletions and exchanged stretches. Mobile elements are copied across families nearly unchanged; a conserved operon is in every genome.
"""
import numpy as np

CODON_GC = np.array([sum(((c >> s) & 3) in (1, 2) for s in (4, 2, 0)) for c in range(64)])
STOPS = [48, 50, 56]                                          # TAA TAG TGA


def revcomp(x):
    return 3 - x[::-1]


def ancestor(rng, length):
    """Genes of random codons on both strands with spacers between them; usage and composition are drawn for this genome alone."""
    bias = rng.normal(0, .45)
    use = np.exp(bias * CODON_GC + rng.normal(0, .8, 64))
    use[STOPS] = 0
    gc = 1 / (1 + np.exp(-bias * 1.2))
    spacer = np.array([1 - gc, gc, gc, 1 - gc]) / 2
    codons = rng.choice(64, length // 3 + 1, p=use / use.sum()).astype(np.uint8)
    coding = np.stack([codons >> 4, (codons >> 2) & 3, codons & 3], 1).reshape(-1)
    between = rng.choice(4, length // 6 + 400, p=spacer).astype(np.uint8)
    parts, at, free = [], 0, 0
    while at < len(coding):
        n = 3 * int(rng.integers(80, 480))
        gene = coding[at:at + n]
        at += n
        m = int(rng.integers(15, 200))
        parts += [gene if rng.random() < .5 else revcomp(gene), between[free:free + m]]
        free = (free + m) % (len(between) - 200)
    return np.concatenate(parts)[:length]


def mutate(rng, x, rate, indels=.08):
    """Each base is substituted with probability `rate`; short insertions and deletions at `indels` of that."""
    y = x.copy()
    where = rng.random(len(y)) < rate
    y[where] = (y[where] + rng.choice([1, 2, 3], where.sum(), p=[.25, .5, .25])) & 3        # A-G and C-T, two apart, more often
    edits = np.flatnonzero(rng.random(len(y)) < rate * indels)
    parts, last = [], 0
    for e in edits:
        n = int(min(rng.geometric(.5), 12))
        parts.append(y[last:e])
        if rng.random() < .5:
            parts.append(rng.integers(0, 4, n, dtype=np.uint8))
            last = e
        else:
            last = e + n
        last = min(last, len(y))
    return np.concatenate(parts + [y[last:]])


def relative(rng, x, rate, exchanged):
    """A relative: mutated, and this share of it exchanged for sequence of its own."""
    y = mutate(rng, x, rate)
    parts, at, own = [], 0, ancestor(rng, 20000)
    while at < len(y):
        n = int(rng.integers(2000, 9000))
        if rng.random() < exchanged:
            s = int(rng.integers(0, len(own) - 2000))
            parts.append(own[s:s + n])
        else:
            parts.append(y[at:at + n])
        at += n
    return np.concatenate(parts)


def insert(rng, x, element, rate):
    at = int(rng.integers(0, len(x)))
    e = mutate(rng, element, rate)
    return np.concatenate([x[:at], e if rng.random() < .5 else revcomp(e), x[at:]])


class World:
    """targets, rest: reference genomes; sample_targets, sample_rest: what the reads come from; known: which of rest the user gave."""

    def __init__(self, rng, own=()):
        """`own`: genomes that the user gives; stretches of them then found half of the families."""
        size = lambda low, high: int(np.exp(rng.uniform(np.log(low), np.log(high))))

        def founder(low, high):
            n = size(low, high)
            if not own or rng.random() < .5:
                return ancestor(rng, n)
            x = own[rng.integers(len(own))]
            at = int(rng.integers(0, max(1, len(x) - n)))
            return x[at:at + n]

        operon = ancestor(rng, 4500)
        elements = [ancestor(rng, size(800, 2500)) for _ in range(3)]
        founders = [founder(5e3, 3e5) for _ in range(rng.integers(1, 3))]
        self.targets, self.rest = [], []
        for x in founders:
            self.targets.append(x)
            if rng.random() < .3:
                self.targets.append(relative(rng, x, rng.uniform(.005, .05), rng.uniform(0, .2)))
            if rng.random() < .45:
                self.rest.append(relative(rng, x, rng.uniform(.03, .25), rng.uniform(.05, .4)))
        for _ in range(rng.integers(1, 4)):
            self.rest.append(founder(5e4, 4e5))
        for group in (self.targets, self.rest):
            for i, x in enumerate(group):
                if len(x) > 40000:
                    x = insert(rng, x, operon, rng.uniform(.05, .2))
                    for e in elements:
                        for _ in range(rng.poisson(len(x) / 4e5)):
                            x = insert(rng, x, e, rng.uniform(0, .04))
                group[i] = x
        strain = lambda x: x if rng.random() < .5 else relative(rng, x, rng.uniform(0, .03), rng.uniform(0, .05))
        self.sample_targets = [strain(x) for x in self.targets]
        self.sample_rest = [strain(x) for x in self.rest]
        given = rng.random()
        self.known = [x for x in self.rest if given < .5 or (given < .75 and rng.random() < .5)]

    def reads(self, rng, n, bases):
        """n reads, the first half from targets: bases called (n, bases), label (n,)."""
        groups = [self.sample_targets] * (n // 2) + [self.sample_rest] * (n - n // 2)
        out = [read(rng, g, bases) for g in groups]
        return np.stack(out), (np.arange(n) < n // 2).astype(np.float32)


def read(rng, genomes, bases, rate=None):
    """A read from one of the genomes, longer ones more often, either strand, with the errors of a base caller."""
    weight = np.array([len(g) for g in genomes], float) ** .5
    g = genomes[rng.choice(len(genomes), p=weight / weight.sum())]
    need = int(bases * 1.15) + 50
    at = int(rng.integers(0, len(g)))
    x = np.take(g, np.arange(at, at + need), mode='wrap')
    if rng.random() < .5:
        x = revcomp(x)
    rate = float(np.clip(np.exp(rng.normal(np.log(.05), .35)), .01, .15)) if rate is None else rate
    return errors(rng, x, rate)[:bases]


def errors(rng, x, rate):
    """40 % substitutions, 25 % insertions, 35 % deletions; `rate` of the bases."""
    u = rng.random(len(x))
    x = np.where(u < .4 * rate, (x + rng.integers(1, 4, len(x))) & 3, x).astype(np.uint8)
    times = np.ones(len(x), int)
    times[(u >= .4 * rate) & (u < .65 * rate)] = 2
    times[(u >= .65 * rate) & (u < rate)] = 0
    y = np.repeat(x, times)
    first = np.cumsum(times)[times == 2] - 1                  # the inserted base stands second
    y[first] = rng.integers(0, 4, len(first))
    return y
