"""Holds the genes that `riffle annotate` wrote against those of annotator.py on the same files, line by line.
Usage: compare_genes.py GFF3_DIR FASTA...     (GFF3_DIR/x.gff3 for x.fna or x.fna.gz; ends with 1 if a gene differs)"""
import os, sys, time
from annotator import SHIPPED, Model, annotate_file, gff_line


def fields(line):
    """What has to be the same (contig, interval, strand, partial, start_type), and the score, which may differ by 0.1."""
    c = line.split("\t")
    return (*c[:5], *c[6:8], c[8].split(";coding_score=")[0]), float(c[5])


def main(folder, files):
    model, wrong = Model.load(SHIPPED), 0
    print(f"{'file':28s} {'genes':>6s} {'reference':>9s} {'differ':>6s} {'lines not equal':>15s} {'reference, CPU s':>16s}")
    for path in files:
        stem = os.path.basename(path).removesuffix(".gz").rsplit(".", 1)[0]
        with open(os.path.join(folder, stem + ".gff3")) as h:
            ours = [l.rstrip("\n") for l in h if l[0] != "#"]
        t = time.process_time()
        theirs = [gff_line(*x) for x in annotate_file(model, path)]
        t = time.process_time() - t
        a, b = dict(map(fields, ours)), dict(map(fields, theirs))
        differ = len(a.keys() ^ b.keys()) + sum(abs(a[k] - b[k]) > 0.1 + 1e-9 for k in a.keys() & b.keys())
        lines = sum(x != y for x, y in zip(ours, theirs)) + abs(len(ours) - len(theirs))
        wrong += differ + (len(ours) != len(theirs))
        print(f"{stem:28s} {len(ours):6d} {len(theirs):9d} {differ:6d} {lines:15d} {t:16.1f}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
