"""docs/dna-annotator.md once more, in plain Python: base by base, no vectors, no blocks. Compares with a golden case.
Usage: check_spec.py MODEL_DIR GOLDEN_BASENAME (without extension)"""
import json, math, sys
import numpy as np
from safetensors.numpy import load_file
from annotator import fasta_records

LET = {**{c: i for i, g in enumerate(("Aa", "Cc", "Gg", "TtUu")) for c in g}}
ORDER = [[1, 2, 3, 4, 5], [2, 0, 4, 5, 3], [0, 1, 5, 3, 4], [5, 4, 0, 2, 1], [3, 5, 1, 0, 2], [4, 3, 2, 1, 0]]
NAME = {14: "ATG", 46: "GTG", 62: "TTG"}
gelu = lambda x: .5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + .044715 * x ** 3)))
sig = lambda x: 1 / (1 + np.exp(-x))


def norm(x, scale, bias):
    m = x.mean()
    return (x - m) / math.sqrt(((x - m) ** 2).mean() + 1e-6) * scale + bias


class Plain:
    def __init__(self, w, cfg, code):
        self.w, self.C, self.code = w, cfg["calling"], code
        self.stops = {48, 50, 56} if code == 11 else {48, 50}
        self.s, self.t, self.L = [], 0, None
        self.h = np.zeros((2, 6, 32), complex)
        self.c, self.S = [], [[0.] for _ in range(6)]       # clipped logits, boundary sums
        self.fwd = [dict(open=True, cand=[]) for _ in range(3)]
        self.rev = [None] * 3
        self.rbest = [None] * 3
        self.pending, self.pub, self.lines, self.logits = [], [], [], []

    def base(self, p):
        return self.s[p] if 0 <= p < len(self.s) else 4

    def codon(self, p, strand):
        a = [self.base(p), self.base(p + 1), self.base(p + 2)]
        if max(a) > 3:
            return 64
        return 16 * a[0] + 4 * a[1] + a[2] if strand == 1 else 16 * (3 - a[2]) + 4 * (3 - a[1]) + 3 - a[0]

    def push(self, ch):
        self.s.append(LET.get(ch, 4))
        if len(self.s) == 30 * (self.t + 1) + 5:
            self.step()

    def finish(self):
        self.L = len(self.s)
        T = -(-self.L // 30)
        if not self.L:
            return
        while self.t < T + 10:
            self.step()
        for k in range(3):
            end = k + 3 * ((self.L - k) // 3) if self.L > k else k
            if end <= k:
                continue
            self.close_forward(k, end, True)
            if self.rev[k]:
                key = self.C["start"]["coding"] * self.sum(end, 3 + k) + self.C["start"]["length"] * end / 30 + self.C["edge_start"]
                if end - self.rev[k][0] >= self.C["min_length"] and (self.rbest[k] is None or key > self.rbest[k][0]):
                    self.rbest[k] = (key, end, self.C["edge_start"], "Edge")
                self.close_reverse(k)
        self.publish(self.L, True)

    def step(self):
        t, w = self.t, self.w
        x = np.zeros((6, 48))
        for r in range(6):
            k, strand = r % 3, 1 if r < 3 else -1
            c = [self.codon(30 * t + k + 3 * j, strand) for j in range(11)]
            if self.code == 4:
                c = [58 if v == 56 else v for v in c]
            acc = np.zeros(32)
            for j in range(10):
                f, g = (c[j], c[j + 1]) if strand == 1 else (c[j + 1], c[j])
                acc += gelu(w["encoder/first"][f] + w["encoder/second"][g])
            x[r] = .3 * acc @ w["encoder/kernel"] + w["encoder/bias"] + w["encoder/strand"][0 if r < 3 else 1]
        for i in range(2):
            p = f"params/encoder/layers_{i}/"
            lam = np.exp(-np.exp(w[p + "seq/nu_log"])) * np.exp(1j * np.exp(w[p + "seq/theta_log"]))
            for r in range(6):
                u = norm(x[r], w[p + "normalization/scale"], w[p + "normalization/bias"])
                self.h[i, r] = lam * self.h[i, r] + np.exp(w[p + "seq/gamma_log"]) * ((w[p + "seq/B_re"] + 1j * w[p + "seq/B_im"]) @ u)
                z = gelu(((w[p + "seq/C_re"] + 1j * w[p + "seq/C_im"]) @ self.h[i, r]).real + w[p + "seq/D"] * u)
                x[r] = x[r] + (z @ w[p + "out1/kernel"] + w[p + "out1/bias"]) * sig(z @ w[p + "out2/kernel"] + w[p + "out2/bias"])
            q = f"mix_{i}/"
            z = [norm(x[r], w[q + "normalization/scale"], w[q + "normalization/bias"]) for r in range(6)]
            s = [v @ w[q + "summary/kernel"] for v in z]
            for r in range(6):
                v = np.concatenate([z[r]] + [s[o] for o in ORDER[r]])
                x[r] = x[r] + gelu(v @ w[q + "hidden/kernel"] + w[q + "hidden/bias"]) @ w[q + "out/kernel"] + w[q + "out/bias"]
        raw = [float(norm(x[r], w["head/normalization/scale"], w["head/normalization/bias"]) @ w["head/kernel"][:, 0] + w["head/bias"][0]) for r in range(6)]
        self.t += 1
        if t >= 10:
            self.token(t - 10, raw)

    def sum(self, x, r):
        t = x // 30
        return self.S[r][t] + (x % 30) / 30 * (self.c[t][r] if t < len(self.c) else 0.)

    def h_start(self, p, strand):
        win = range(p - 30, p + 18) if strand == 1 else range(p + 32, p - 16, -1)
        one = np.zeros((48, 4))
        for i, q in enumerate(win):
            b = self.base(q) if self.L is None or q < self.L else 4
            if b < 4:
                one[i, b if strand == 1 else 3 - b] = 1
        h = (one * self.w["start/linear"]).sum()
        for q in range(42):
            c = gelu(self.w["start/bias"] + (self.w["start/kernel"] * one[q:q + 7]).sum((1, 2)))
            h += self.w["start/place"][q] @ c
        return float(h)

    def V(self, ds, n, h):
        g = self.C["gene"]
        return g["coding"] * ds + g["length"] * n / 30 + g["start"] * h + g["bias"]

    def token(self, t, raw):
        self.logits.append(raw)
        self.c.append([max(-self.C["clip"], min(self.C["clip"], v)) for v in raw])
        for r in range(6):
            self.S[r].append(self.S[r][-1] + self.c[-1][r])
        if t == 0:
            self.rev = [(k, True) for k in range(3)]
        w = min(30 * (t + 1), self.L) if self.L is not None else 30 * (t + 1)
        A, B = self.C["start"]["coding"], self.C["start"]["length"]
        for p in range(max(0, 30 * t - 2), 30 * (t + 1) - 2):
            if self.L is not None and p + 3 > self.L:
                break
            k = p % 3
            c = self.codon(p, 1)
            if c in NAME:
                h = self.h_start(p, 1)
                self.fwd[k]["cand"].append((h - A * self.sum(p, k) - B * p / 30, p, h, NAME[c]))
            elif c in self.stops:
                self.close_forward(k, p + 3, False)
            c = self.codon(p, -1)
            if c in self.stops:
                self.close_reverse(k)
                self.rev[k] = (p, False)
            elif c in NAME and self.rev[k] and p + 3 - self.rev[k][0] >= self.C["min_length"]:
                h = self.h_start(p, -1)
                key = A * self.sum(p + 3, 3 + k) + B * (p + 3) / 30 + h
                if self.rbest[k] is None or key > self.rbest[k][0]:
                    self.rbest[k] = (key, p + 3, h, NAME[c])
        for k in range(3):
            b = self.rbest[k]
            if b and (A * self.sum(w, 3 + k) + B * w / 30 < b[0] - self.C["drop"] or w - b[1] >= self.C["max_wait"]):
                self.close_reverse(k)
        self.publish(w, False)

    def choose(self, k, end):
        best = None
        for c in self.fwd[k]["cand"]:
            if end - c[1] >= self.C["min_length"] and (best is None or c[0] > best[0]):
                best = c
        if self.fwd[k]["open"] and end - k >= self.C["min_length"]:
            key = self.C["edge_start"] - self.C["start"]["coding"] * self.sum(k, k) - self.C["start"]["length"] * k / 30
            if best is None or key > best[0]:
                best = (key, k, self.C["edge_start"], "Edge")
        return best

    def close_forward(self, k, end, cut):
        b = self.choose(k, end)
        if b:
            ds = self.sum(end, k) - self.sum(b[1], k)
            v = self.V(ds, end - b[1], b[2])
            if v > 0:
                self.pending.append((b[1], end, 1, v, ds, b[2], f"{int(b[3] == 'Edge')}{int(cut)}", b[3]))
        self.fwd[k] = dict(open=False, cand=[])

    def close_reverse(self, k):
        b = self.rbest[k]
        if b:
            left, edge = self.rev[k]
            ds = self.sum(b[1], 3 + k) - self.sum(left, 3 + k)
            v = self.V(ds, b[1] - left, b[2])
            if v > 0:
                self.pending.append((left, b[1], -1, v, ds, b[2], f"{int(edge)}{int(b[3] == 'Edge')}", b[3]))
        self.rev[k] = self.rbest[k] = None

    def conflict(self, a, b):
        o = min(a[1], b[1]) - max(a[0], b[0])
        return o > self.C["max_overlap"] or o > self.C["max_overlap_share"] * min(a[1] - a[0], b[1] - b[0])

    def publish(self, w, last):
        due = [g for g in self.pending if last or w >= g[1] + self.C["hold"]]
        if not due:
            return
        pool = list(self.pending)
        for k in range(0 if last else 3):
            b = self.choose(k, w)
            if b and (v := self.V(self.sum(w, k) - self.sum(b[1], k), w - b[1], b[2])) > 0:
                pool.append((b[1], w, 1, v))
            if self.rev[k]:
                left = self.rev[k][0]
                run, done = self.V(self.sum(w, 3 + k) - self.sum(left, 3 + k), w - left, 0.), -1.
                if (b := self.rbest[k]):
                    done = self.V(self.sum(b[1], 3 + k) - self.sum(left, 3 + k), b[1] - left, b[2])
                if max(run, done) > 0:
                    pool.append((left, w, -1, run) if run >= done else (left, b[1], -1, done))
        pool.sort(key=lambda g: (-g[3], g[0], g[1], -g[2]))
        taken, ok = list(self.pub), set()
        for g in pool:
            if not any(self.conflict(g, x) for x in taken):
                taken.append(g)
                ok.add(g[:3])
        for g in sorted(due, key=lambda g: (g[1], g[0], -g[2])):
            if g[:3] in ok:
                self.pub.append(g)
                self.lines.append((g[0] + 1, g[1], g[2], round(g[3], 1), g[6], g[7], round(g[4], 1), round(g[5], 2), len(self.s)))
        self.pending = [g for g in self.pending if g not in due]


def main(model_dir, case):
    w = {k: v.astype(np.float64) for k, v in load_file(model_dir + "/model.safetensors").items()}
    cfg, meta = json.load(open(model_dir + "/config.json")), json.load(open(case + ".json"))
    ref = load_file(case + ".safetensors")
    gff = [l.rstrip("\n").split("\t") for l in open(case + ".gff3") if l[0] != "#"]
    with open(case + ".fasta") as h:
        for name, lines in fasta_records(iter(h)):
            p = Plain(w, cfg, meta["code"])
            for l in lines:
                for ch in l.strip():
                    p.push(ch)
            p.finish()
            want = []
            for g in gff:
                if g[0] == name:
                    a = dict(x.split("=") for x in g[8].split(";"))
                    want.append((int(g[3]), int(g[4]), 1 if g[6] == "+" else -1, float(g[5]), a["partial"], a["start_type"], float(a["coding_score"]), float(a["start_score"])))
            same = [x[:3] + x[4:6] for x in p.lines] == [x[:3] + x[4:6] for x in want]
            err = np.abs(np.array(p.logits).reshape(-1, 6) - ref[name + "/logits"]).max(initial=0)
            num = max([abs(x[i] - y[i]) for x, y in zip(p.lines, want) for i in (3, 6, 7)], default=0)
            pub = [x[8] for x in p.lines] == meta["contigs"][name]["published_after_bases"]
            print(f"{name}: {len(want)} genes, same {same}, publication same {pub}, largest logit difference {err:.2e}, score difference {num:.2f}")
            assert same and pub and err < 1e-9 and num < .11


if __name__ == "__main__":
    main(*sys.argv[1:])
