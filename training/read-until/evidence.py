"""What the network reads: evidence per step of 15 bases from a table of the k-mers of the references. Java computes the same.

    canonical k-mer      the smaller of a k-mer and its reverse complement, as numbers of 2 bits a base
    table                canonical k-mer -> 1 in targets alone, 2 in the rest alone, 3 in both
    composition          ln(4 P(base | 5 bases before)) of targets and of the rest, both strands counted, 1 added to each count of 6
"""
import numpy as np

STEP, CONTEXT, WIDTH = 15, 6, 15


def kmers(x, k):
    """Canonical k-mers (..., L - k + 1) of bases (..., L)."""
    n = x.shape[-1] - k + 1
    f, r = np.zeros(x.shape[:-1] + (n,), np.int32), np.zeros(x.shape[:-1] + (n,), np.int32)
    x = x.astype(np.int32)
    for j in range(k):
        b = x[..., j:j + n]
        f = f << 2 | b
        r |= (3 - b) << (2 * j)
    return np.minimum(f, r)


def distinct(genomes, k):
    return np.unique(np.concatenate([kmers(g, k) for g in genomes] or [np.zeros(0, np.int32)]))


def composition(genomes):
    """ln(4 P) (4096,), 6-mers as numbers; zeros without genomes."""
    if not genomes:
        return np.zeros(4 ** CONTEXT)
    counts = np.ones(4 ** CONTEXT)
    for g in genomes:
        for x in (g, 3 - g[::-1]):
            n = len(x) - CONTEXT + 1
            f = np.zeros(n, np.int64)
            for j in range(CONTEXT):
                f = f << 2 | x[j:j + n]
            counts += np.bincount(f, minlength=4 ** CONTEXT)
    counts = counts.reshape(-1, 4)
    return np.log(4 * counts / counts.sum(1, keepdims=True)).reshape(-1)


class Table:
    """Of references; `chance` adds k-mers that are in by their hash alone, as if the references were that much larger."""

    def __init__(self, targets, rest, k, chance=(0., 0.)):
        self.k, self.chance = k, chance
        t, r = distinct(targets, k), distinct(rest, k)
        self.keys = np.union1d(t, r)
        self.of = np.isin(self.keys, t, assume_unique=True) * 1 + np.isin(self.keys, r, assume_unique=True) * 2
        self.given = len(r) > 0
        half = 4 ** k / 2
        dense = lambda found, q: np.log(max(1, len(found)) / half + q) / 10
        self.dense = (dense(t, chance[0]), dense(r, chance[1]) if self.given else -2.)
        self.tables = composition(targets), composition(rest)

    def classes(self, x):
        """0 to 3 for each k-mer (n, L - k + 1)."""
        found = kmers(x, self.k)
        at = np.minimum(np.searchsorted(self.keys, found), len(self.keys) - 1)
        c = np.where(self.keys[at] == found, self.of[at], 0)
        for bit, q in enumerate(self.chance):
            if q > 0:
                h = (found.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(977 * bit + 1)) * np.uint64(0xBF58476D1CE4E5B9)
                c = c | ((h >> np.uint64(11)).astype(float) / 2. ** 53 < q) << bit
        return c

    def features(self, x):
        """Reads (n, L), L a multiple of 15, 4 for a base that is unknown -> (n, L / 15, 15)."""
        n, length = x.shape
        known = np.cumsum(np.pad(x < 4, ((0, 0), (1, 0))), 1)
        whole = lambda m: np.pad(known[:, m:] - known[:, :-m] == m, ((0, 0), (m - 1, 0)))          # the m bases up to here are known
        valid = whole(self.k)
        c = np.zeros((n, length), np.int64)
        c[:, self.k - 1:] = self.classes(x & 3)
        c *= valid
        hit = [c & 1 > 0, c & 2 > 0]
        run = [h & np.pad(h[:, :-1], ((0, 0), (1, 0))) for h in hit]
        six = np.zeros((n, length - CONTEXT + 1), np.int64)
        for j in range(CONTEXT):
            six = six << 2 | x[:, j:length - CONTEXT + 1 + j] & 3
        like = [np.pad(t[six], ((0, 0), (CONTEXT - 1, 0))) * whole(CONTEXT) for t in self.tables]
        same = [np.pad((x[:, d:] == x[:, :-d]) & (x[:, d:] < 4), ((0, 0), (d, 0))) for d in (1, 2, 3)]
        one = np.ones((n, length))
        rows = [c == 1, c == 2, c == 3, run[0], run[1], one * self.dense[0], one * self.dense[1], one * float(self.given),
                3 * like[0], 3 * like[1], ((x == 1) | (x == 2)) - .5, same[0] - .25, same[1] - .25, same[2] - .25, valid]
        return np.stack([np.asarray(r, np.float32).reshape(n, -1, STEP).mean(2) for r in rows], 2)
