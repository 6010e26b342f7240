"""Synthetic genomes with known genes: random codons by a usage table, ribosome binding sites, random spacers.
Usage: synthetic.py LENGTH SEED CODE  -> FASTA on stdout, truth as GFF3 on stderr"""
import sys
import numpy as np
from codons import STOPS, TGA

# relative codon use per amino acid class is drawn around this GC3 preference; amino acid frequencies are typical of bacteria
AA = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"
FREQ = dict(A=9.5, R=5.5, N=3.9, D=5.2, C=1.2, Q=4.4, E=5.8, G=7.4, H=2.3, I=6., L=10.7, K=4.4, M=2.8, F=3.9, P=4.4, S=5.8, T=5.4, W=1.5, Y=2.8, V=7.1)
COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A"}
GC = [sum(int(((c >> s) & 3) in (1, 2)) for s in (4, 2, 0)) for c in range(64)]


def word(c):
    return "".join("ACGT"[(c >> s) & 3] for s in (4, 2, 0))


def revcomp(t):
    return "".join(COMPLEMENT[c] for c in reversed(t))


def genome(length, seed, code=11, bias=.25, gc=.5, taste=None, amino=FREQ):
    """Returns text and genes [(left, right, strand)], both ends may cut a gene.

    taste: log preference of each of 64 codons among its synonyms, drawn from the seed if None; amino: how often each amino acid is used"""
    rng = np.random.default_rng(seed)
    use = np.exp(bias * np.array(GC) + (rng.normal(0, .7, 64) if taste is None else taste))
    w = np.zeros(64)
    for c in range(64):
        if AA[c] != "*":
            syn = [d for d in range(64) if AA[d] == AA[c]]
            w[c] = amino[AA[c]] * use[c] / sum(use[d] for d in syn)
    if code == 4:
        w[TGA] = w[58] * 2                                # TGA also codes for tryptophan
    w /= w.sum()
    stops = [word(c) for c in STOPS[code]]
    spacer = lambda n: "".join(rng.choice(list("ACGT"), n, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]))
    parts, genes, at = [], [], 0
    while at < length:
        sp = spacer(int(rng.integers(15, 220)))
        body = "".join(word(c) for c in rng.choice(64, int(rng.integers(60, 420)), p=w))
        gene = rng.choice(["ATG", "ATG", "ATG", "ATG", "GTG", "TTG"]) + body + str(rng.choice(stops))
        lead = str(rng.choice(["AGGAGG", "AAGGAG", "GGAGGT", "TAAGGA"])) + spacer(int(rng.integers(5, 9)))
        st = 1 if rng.random() < .55 else -1
        block = sp + lead + gene if st == 1 else sp + revcomp(lead + gene)
        left = at + len(sp) + (len(lead) if st == 1 else 0)
        genes.append((left, left + len(gene), st))
        parts.append(block)
        at += len(block)
    return "".join(parts)[:length], [g for g in genes if g[0] < length]


if __name__ == "__main__":
    n, seed, code = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 11
    text, genes = genome(n, seed, code)
    print(f">synthetic_{seed}")
    for i in range(0, len(text), 70):
        print(text[i:i + 70])
    print("##gff-version 3", file=sys.stderr)
    for i, (a, b, st) in enumerate(genes):
        print(f"synthetic_{seed}\tsynthetic\tCDS\t{a + 1}\t{min(b, n)}\t.\t{'+' if st == 1 else '-'}\t0\tID=truth_{i + 1}", file=sys.stderr)
