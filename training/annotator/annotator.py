"""Streaming annotator: the reference the port is checked against. Numpy only (numba speeds up the scan when present).

    a = Annotator(Model.load("model"), contig="c1", code=11)
    for chunk in chunks:            # any sizes, bytes or str, line breaks allowed
        for gene in a.append(chunk): ...
    for gene in a.finish(): ...
"""
import gzip, json, os
from collections import namedtuple
import numpy as np
from safetensors.numpy import load_file
from codons import LOOKAHEAD, STARTS, STOPS, TOKEN, UNKNOWN, codon_indices, encode, pair_indices

try:
    import numba
    jit = numba.njit(cache=True)
except ImportError:                                      # same result, slower
    jit = lambda f: f

LANES = 6
ORDER = [[(k + 1) % 3, (k + 2) % 3, 3 + k, 3 + (k + 1) % 3, 3 + (k + 2) % 3] for k in range(3)] + \
        [[3 + (k - 1) % 3, 3 + (k - 2) % 3, k, (k - 1) % 3, (k - 2) % 3] for k in range(3)]
Gene = namedtuple("Gene", "left right strand score coding start partial start_type published")


@jit
def scan(ur, ui, lr, li, sr, si):
    """In place: u becomes h. State (6,N) is carried in and out."""
    T, M, N = ur.shape
    for t in range(T):
        for m in range(M):
            for n in range(N):
                a = lr[n] * sr[m, n] - li[n] * si[m, n] + ur[t, m, n]
                b = lr[n] * si[m, n] + li[n] * sr[m, n] + ui[t, m, n]
                sr[m, n] = a
                si[m, n] = b
                ur[t, m, n] = a
                ui[t, m, n] = b


def gelu(x):
    c = x.dtype.type(0.7978845608028654)                 # sqrt(2/pi)
    return x.dtype.type(.5) * x * (1 + np.tanh(c * (x + x.dtype.type(.044715) * x * x * x)))


def layer_norm(x, w):
    m = x.mean(-1, keepdims=True)
    d = x - m
    return d / np.sqrt((d * d).mean(-1, keepdims=True) + x.dtype.type(1e-6)) * w["scale"] + w["bias"]


class Model:
    def __init__(self, tensors, config, dtype=np.float32):
        self.config, self.dtype = config, dtype
        t = {k: v.astype(dtype) for k, v in tensors.items()}
        self.t = t
        self.table = dtype(.3) * gelu(t["encoder/first"][:, None] + t["encoder/second"][None]).reshape(65 * 65, -1) @ t["encoder/kernel"]
        self.bias = t["encoder/bias"] + t["encoder/strand"][[0, 0, 0, 1, 1, 1]]
        self.layers = []
        for i in range(config["n_layers"]):
            p = f"params/encoder/layers_{i}/"
            g = np.exp(t[p + "seq/gamma_log"])[:, None]
            r, th = np.exp(-np.exp(t[p + "seq/nu_log"])), np.exp(t[p + "seq/theta_log"])
            l = dict(norm=dict(scale=t[p + "normalization/scale"], bias=t[p + "normalization/bias"]),
                     Br=(g * t[p + "seq/B_re"]).T.copy(), Bi=(g * t[p + "seq/B_im"]).T.copy(), lr=r * np.cos(th), li=r * np.sin(th),
                     Cr=t[p + "seq/C_re"].T.copy(), Ci=t[p + "seq/C_im"].T.copy(), D=t[p + "seq/D"],
                     k1=t[p + "out1/kernel"], b1=t[p + "out1/bias"], k2=t[p + "out2/kernel"], b2=t[p + "out2/bias"])
            q = f"mix_{i}/"
            l["mix"] = dict(norm=dict(scale=t[q + "normalization/scale"], bias=t[q + "normalization/bias"]), summary=t[q + "summary/kernel"],
                            kh=t[q + "hidden/kernel"], bh=t[q + "hidden/bias"], ko=t[q + "out/kernel"], bo=t[q + "out/bias"])
            self.layers.append(l)
        self.norm = dict(scale=t["head/normalization/scale"], bias=t["head/normalization/bias"])
        self.hk, self.hb = t["head/kernel"][:, 0], t["head/bias"][0]
        self.start = {k[6:]: t[k] for k in t if k.startswith("start/")}
        kern = self.start["kernel"]                       # (16, 7, 4)
        self.conv = kern.reshape(kern.shape[0], -1).T.copy()

    @staticmethod
    def load(path, dtype=np.float32):
        return Model(load_file(os.path.join(path, "model.safetensors")), json.load(open(os.path.join(path, "config.json"))), dtype)

    def start_score(self, windows):
        """windows (n,48) of 0..4, 5' to 3' -> (n,)"""
        one = np.zeros((len(windows), 48, 5), self.dtype)
        np.put_along_axis(one, windows[..., None].astype(np.int64), 1., 2)
        one = one[..., :4]
        w = np.lib.stride_tricks.sliding_window_view(one, 7, 1).transpose(0, 1, 3, 2).reshape(len(windows), 42, 28)
        c = gelu(w @ self.conv + self.start["bias"])
        return (one * self.start["linear"]).sum((1, 2)) + (c * self.start["place"]).sum((1, 2))


class Network:
    """Carries the LRU states of one contig."""
    def __init__(self, model):
        self.m = model
        n = model.config["d_hidden"]
        self.state = [[np.zeros((LANES, n), model.dtype) for _ in range(2)] for _ in model.layers]

    def step(self, pairs, trace=None):
        """(n,6,10) dicodons -> (n,6) raw outputs; output j belongs to the token delay_tokens earlier."""
        m = self.m
        x = m.table[pairs].sum(2) + m.bias
        if trace is not None:
            trace["encoder"] = x
        for i, l in enumerate(m.layers):
            u = layer_norm(x, l["norm"])
            hr, hi = u @ l["Br"], u @ l["Bi"]
            scan(hr, hi, l["lr"], l["li"], *self.state[i])
            z = gelu(hr @ l["Cr"] - hi @ l["Ci"] + l["D"] * u)
            x = x + (z @ l["k1"] + l["b1"]) / (1 + np.exp(-(z @ l["k2"] + l["b2"])))
            if trace is not None:
                trace[f"lru_{i}"], trace[f"hidden_re_{i}"], trace[f"hidden_im_{i}"] = x, hr, hi
            w = l["mix"]
            z = layer_norm(x, w["norm"])
            q = (z @ w["summary"])[:, ORDER].reshape(len(z), LANES, -1)
            x = x + gelu(np.concatenate([z, q], -1) @ w["kh"] + w["bh"]) @ w["ko"] + w["bo"]
            if trace is not None:
                trace[f"mix_{i}"] = x
        return layer_norm(x, m.norm) @ m.hk + m.hb


def letters(code_index):
    return "".join("ACGT"[(code_index >> s) & 3] for s in (4, 2, 0)) if code_index < 64 else "NNN"


class Caller:
    """Turns token logits and the sequence into genes. All positions 0-based, intervals half open."""
    def __init__(self, model, code):
        self.m, self.c, self.code = model, model.config["calling"], code
        self.S = np.zeros(LANES)                         # running sums up to the watermark
        self.prev = np.zeros((1, LANES))                 # clipped logits of the last token, sums at its start
        self.prevS = np.zeros((1, LANES))
        self.tokens = 0
        self.fopen = [True] * 3                          # forward: no stop seen yet, the contig start is a candidate
        self.fbest = [None] * 3
        self.frecent = [[] for _ in range(3)]
        self.rleft = [(k, 0., True) for k in range(3)]   # reverse: (left end, S there, no stop codon seen) or None when closed
        self.rbest = [None] * 3
        self.pending, self.published, self.out = [], [], []
        self.s_edge = [None] * LANES                     # S at the first codon of each lane, once known
        self.candidates = None                           # set to a list to record every scored candidate

    # scores
    def value(self, ds, length, h):
        g = self.c["gene"]
        return g["coding"] * ds + g["length"] * length / TOKEN + g["start"] * h + g["bias"]

    def key(self, S, x, h, sign):
        s = self.c["start"]
        return sign * (s["coding"] * S + s["length"] * x / TOKEN) + h

    def events(self, logits, seq, base, total):
        """All start and stop codons whose last base lies in the new tokens. seq[0] is stream position `base`."""
        n = len(logits)
        a, b = self.tokens * TOKEN, (self.tokens + n) * TOKEN
        c = np.clip(logits.astype(np.float64), -self.c["clip"], self.c["clip"])
        cc = np.concatenate([self.prev, c, np.zeros((1, LANES))])
        SS = np.concatenate([self.prevS, self.S + np.concatenate([np.zeros((1, LANES)), np.cumsum(c, 0)])])
        first = self.tokens - 1                           # token of cc[0]
        self.at = lambda x, r: SS[x // TOKEN - first, r] + (x % TOKEN) / TOKEN * cc[x // TOKEN - first, r]
        self.cumulative = SS
        lo, hi = max(a - 2, 0), min(b, total) - 2         # codon start positions p with a < p+3 <= b
        res = []
        if hi > lo:
            f, r = codon_indices(seq[lo - base:hi + 2 - base])
            p = np.arange(lo, hi)
            for strand, idx in ((1, f), (-1, r)):
                lane = p % 3 + (0 if strand == 1 else 3)
                is_start, is_stop = np.isin(idx, STARTS), np.isin(idx, STOPS[self.code])
                for k in range(3):                        # drop starts that can never reach the minimal length
                    ps, qs = p[is_stop & (p % 3 == k)], p[is_start & (p % 3 == k)]
                    i = np.searchsorted(ps, qs)
                    if strand == 1:
                        far = np.where(i < len(ps), np.append(ps, 0)[np.minimum(i, len(ps))] + 3 - qs, 1 << 40)
                    else:
                        far = np.where(i > 0, qs + 3 - np.append(ps, 0)[i - 1], 1 << 40)
                    is_start[qs[far < self.c["min_length"]] - lo] = False
                w = np.nonzero(is_start)[0]
                h = np.zeros(len(p))
                if len(w):
                    win = p[w, None] - 30 + np.arange(48) if strand == 1 else p[w, None] + 32 - np.arange(48)
                    v = np.where((win >= 0) & (win < total), seq[np.clip(win - base, 0, len(seq) - 1)], 4)
                    if strand == -1:
                        v = np.where(v < 4, 3 - v, 4)
                    h[w] = self.m.start_score(v)
                q = np.nonzero(is_start | is_stop)[0]
                x = np.where(is_start[q] == (strand == 1), p[q], p[q] + 3)   # forward start, reverse stop: S at p; else at p+3
                res += [(p[q] + 2) // TOKEN, lane[q], p[q], is_stop[q], self.at(x, lane[q]), h[q], idx[q]]
        self.prev, self.prevS = cc[-2:-1], SS[-2:-1]
        self.S = SS[-1]
        if not res:
            return []
        cols = [np.concatenate([res[i], res[i + 7]]) for i in range(7)]
        o = np.lexsort((cols[2], cols[1], cols[0]))
        return list(zip(*(x[o].tolist() for x in cols)))

    def advance(self, logits, seq, base, total, stream_pos):
        """Logits of the next tokens. total: contig length when known, otherwise a large number.
        stream_pos(token) gives the number of bases read when that token's logits became known."""
        n = len(logits)
        ev = self.events(logits, seq, base, total)
        i, t0 = 0, self.tokens
        if t0 == 0 and n:
            for r in range(LANES):
                self.s_edge[r] = float(self.at(np.int64(r % 3), r))
                if r >= 3:
                    self.rleft[r - 3] = (r - 3, self.s_edge[r], True)
        SS = self.cumulative
        for j in range(n):
            t = t0 + j
            while i < len(ev) and ev[i][0] <= t:
                _, lane, p, stop, S, h, idx = ev[i]
                i += 1
                if lane < 3:
                    self.forward(lane, p, stop, S, h, idx)
                else:
                    self.reverse(lane - 3, p, stop, S, h, idx)
            w = min((t + 1) * TOKEN, total)
            self.tokens = t + 1
            row = SS[j + 2] if w == (t + 1) * TOKEN else np.array([self.at(np.int64(w), r) for r in range(LANES)])
            for k in range(3):
                b = self.rbest[k]
                if b and (self.key(row[3 + k], w, 0., 1) < b[0] - self.c["drop"] or w - b[1] >= self.c["max_wait"]):
                    self.close_reverse(k)
            if self.pending:
                self.decide(w, row, stream_pos(t))
        self.tokens = t0 + n

    def forward(self, k, p, stop, S, h, idx):
        if not stop:
            self.frecent[k].append((self.key(S, p, h, -1), p, S, h, idx, False))
            return
        self.close_forward(k, p + 3, S, False)

    def best_forward(self, k, end):
        rec, best = self.frecent[k], self.fbest[k]
        i = 0
        while i < len(rec) and end - rec[i][1] >= self.c["min_length"]:
            if best is None or rec[i][0] > best[0]:
                best = rec[i]
            i += 1
        self.fbest[k], self.frecent[k] = best, rec[i:]
        if self.fopen[k] and end - k >= self.c["min_length"]:
            h = self.c["edge_start"]
            e = (self.key(self.s_edge[k], k, h, -1), k, self.s_edge[k], h, UNKNOWN, True)
            if best is None or e[0] > best[0]:
                return e
        return best

    def close_forward(self, k, end, S, at_end):
        b = self.best_forward(k, end)
        if b:
            self.add(b[1], end, 1, S - b[2], b[3], b[5], at_end, b[4])
        self.fopen[k], self.fbest[k], self.frecent[k] = False, None, []

    def reverse(self, k, p, stop, S, h, idx):
        if stop:
            self.close_reverse(k)
            self.rleft[k] = (p, S, False)
        elif self.rleft[k] and p + 3 - self.rleft[k][0] >= self.c["min_length"]:
            key = self.key(S, p + 3, h, 1)
            if self.rbest[k] is None or key > self.rbest[k][0]:
                self.rbest[k] = (key, p + 3, S, h, idx, False)

    def close_reverse(self, k):
        b = self.rbest[k]
        if b:
            left, S0, open_left = self.rleft[k]
            self.add(left, b[1], -1, b[2] - S0, b[3], open_left, b[5], b[4])
        self.rleft[k], self.rbest[k] = None, None

    def add(self, left, right, strand, ds, h, open_left, open_right, idx):
        v = self.value(ds, right - left, h)
        if self.candidates is not None:
            self.candidates.append((left, right, strand, ds, h, v))
        if v > 0:
            self.pending.append((left, right, strand, v, ds, h, f"{int(open_left)}{int(open_right)}", idx))

    def conflict(self, a, b):
        o = min(a[1], b[1]) - max(a[0], b[0])
        return o > self.c["max_overlap"] or o > self.c["max_overlap_share"] * min(a[1] - a[0], b[1] - b[0])

    def decide(self, w, row, now):
        due = [g for g in self.pending if w >= g[1] + self.c["hold"] or row is None]
        if not due:
            return
        pool = list(self.pending)
        if row is not None:                              # genes still growing count with their score so far
            for k in range(3):
                b = self.best_forward(k, w)
                if b:
                    v = self.value(row[k] - b[2], w - b[1], b[3])
                    if v > 0:
                        pool.append((b[1], w, 1, v))
                if self.rleft[k]:
                    left, S0, _ = self.rleft[k]
                    b = self.rbest[k]
                    run = self.value(row[3 + k] - S0, w - left, 0.)
                    done = self.value(b[2] - S0, b[1] - left, b[3]) if b else -1.
                    if max(run, done) > 0:
                        pool.append((left, w, -1, run) if run >= done else (left, b[1], -1, done))
        pool.sort(key=lambda g: (-g[3], g[0], g[1], -g[2]))
        first = min(g[0] for g in pool)
        taken = [x for x in self.published if x[1] > first]
        keep = set()
        for g in pool:
            if not any(self.conflict(g, x) for x in taken):
                taken.append(g)
                keep.add(g[:3])
        for g in sorted(due, key=lambda g: (g[1], g[0], -g[2])):
            if g[:3] in keep:
                self.published.append(g)
                self.out.append(Gene(g[0], g[1], g[2], g[3], g[4], g[5], g[6], letters(g[7]) if g[7] != UNKNOWN else "Edge", now))
        gone = set(g[:3] for g in due)
        self.pending = [g for g in self.pending if g[:3] not in gone]
        if len(self.published) > 400:                    # far behind every open reading frame; keep those that can still matter
            self.published = self.published[-200:]

    def finish(self, total):
        for k in range(3):
            end = k + (total - k) // 3 * 3 if total > k else k
            if self.tokens and end > k:
                S = float(self.at(np.int64(end), k))
                self.close_forward(k, end, S, True)
                if self.rleft[k]:
                    left, S0, _ = self.rleft[k]
                    S = float(self.at(np.int64(end), 3 + k))
                    key = self.key(S, end, self.c["edge_start"], 1)
                    if end - left >= self.c["min_length"] and (self.rbest[k] is None or key > self.rbest[k][0]):
                        self.rbest[k] = (key, end, S, self.c["edge_start"], UNKNOWN, True)
                    self.close_reverse(k)
        if self.pending:
            self.decide(total, None, total)


class Annotator:
    def __init__(self, model, contig="contig", code=11, block=256):
        if code not in STOPS:
            raise ValueError(f"genetic code {code} is not supported (11 or 4)")
        self.m, self.contig, self.code, self.block = model, contig, code, block
        self.net, self.caller = Network(model), Caller(model, code)
        self.delay = model.config["delay_tokens"]
        self.buf, self.base, self.length = np.zeros(0, np.uint8), 0, 0
        self.fed = 0                                     # tokens given to the network
        self.parts, self.keep_logits = [], None          # set keep_logits = [] to collect (n,6) logits

    def append(self, chunk):
        if isinstance(chunk, str):
            chunk = chunk.encode("latin-1")
        s = encode(chunk.translate(None, b" \t\r\n"))
        if len(s):
            self.parts.append(s)
            self.length += len(s)
        if self.length >= (self.fed + self.block) * TOKEN + LOOKAHEAD:
            self.join()
            while self.length >= (self.fed + self.block) * TOKEN + LOOKAHEAD:
                self.run(self.block, 1 << 60)
        return self.take()

    def drain(self):
        """Everything that can be said now (called when the caller wants the lowest delay)."""
        n = (self.length - LOOKAHEAD) // TOKEN - self.fed
        if n > 0:
            self.join()
            self.run(n, 1 << 60)
        return self.take()

    def finish(self):
        self.join()
        tokens = -(-self.length // TOKEN)
        pad = (tokens + self.delay) * TOKEN + LOOKAHEAD - self.length
        self.buf = np.concatenate([self.buf, np.full(pad, 4, np.uint8)])
        while self.fed < tokens + self.delay and self.length:
            self.run(min(self.block, tokens + self.delay - self.fed), self.length)
        self.caller.finish(self.length)
        return self.take()

    def join(self):
        if self.parts:
            self.buf = np.concatenate([self.buf] + self.parts)
            self.parts = []

    def run(self, n, total):
        pairs = pair_indices(self.buf[self.fed * TOKEN - self.base:], self.code, 0, n)
        out = self.net.step(pairs)
        skip = max(0, min(n, self.delay - self.fed))
        self.fed += n
        out = out[skip:]
        if len(out):
            if self.keep_logits is not None:
                self.keep_logits.append(out)
            known = min(total, self.length)
            self.caller.advance(out, self.buf, self.base, total, lambda t: min((t + 1 + self.delay) * TOKEN + LOOKAHEAD, known))
        cut = (self.caller.tokens - 2) * TOKEN - 32 - self.base
        if cut > 4096:
            self.buf, self.base = self.buf[cut:].copy(), self.base + cut

    def take(self):
        out, self.caller.out = self.caller.out, []
        return out


def confidence(g, config):
    """Estimated probability that the stop is right."""
    c = config["calling"]["confidence"]
    return 1 / (1 + np.exp(-(c["slope"] * np.log(max(g.score, 1e-3)) + c["bias"])))


def escaped(text, bare):
    """The UTF-8 form of a text; bytes for which bare is false are percent-encoded."""
    return "".join(chr(c) if bare(c) else f"%{c:02X}" for c in text.encode())


def gff_line(contig, number, g):
    seqid = escaped(contig, lambda c: c < 127 and (chr(c).isalnum() or chr(c) in ".:^*$@!+_?-|"))
    name = escaped(f"{contig}_{number}", lambda c: 32 <= c < 127 and chr(c) not in ";=&,%")
    return "\t".join([seqid, "stream-annotator", "CDS", str(g.left + 1), str(g.right), f"{g.score:.1f}", "+" if g.strand == 1 else "-", "0",
                      f"ID={name};partial={g.partial};start_type={g.start_type};coding_score={g.coding:.1f};start_score={g.start:.2f}"])


def fasta_records(lines):
    """Yields (name, iterator of sequence lines) without holding a record in memory; consume each iterator before the next record."""
    line = next(lines, None)
    while line is not None:
        if not line.startswith(">"):
            line = next(lines, None)
            continue
        name = (line[1:].split() or ["unnamed"])[0]
        box = [None]

        def body():
            for l in lines:
                if l.startswith(">"):
                    box[0] = l
                    return
                if not l.startswith(";"):
                    yield l
        it = body()
        yield name, it
        for _ in it:
            pass
        line = box[0]


SHIPPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "demo", "models", "dna-annotator", "1")


def open_text(path):
    """A file, gzipped or not."""
    with open(path, "rb") as h:
        packed = h.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="latin-1") if packed else open(path, encoding="latin-1")


def named_code(header, otherwise=11):
    """The genetic code that a header names by genetic_code=."""
    word = next((w for w in header.split() if w.startswith("genetic_code=")), None)
    return int(word[13:]) if word else otherwise


def annotate_file(model, path, code=None):
    """Yields (contig, number, gene) in the order of publication."""
    with open_text(path) as h:
        headers = []

        def lines():
            for l in h:
                if l.startswith(">"):
                    headers.append(l)
                yield l
        for name, body in fasta_records(lines()):
            ann, n = Annotator(model, name, code or named_code(headers[-1])), 0
            for l in body:
                for g in ann.append(l):
                    n += 1
                    yield name, n, g
            for g in ann.finish():
                n += 1
                yield name, n, g


def main():
    import argparse
    p = argparse.ArgumentParser(description="FASTA in, GFF3 out, while the sequence streams")
    p.add_argument("fasta")
    p.add_argument("--model", default=SHIPPED)
    p.add_argument("--code", type=int, help="default: what genetic_code= in a header says, else 11")
    a = p.parse_args()
    print("##gff-version 3")
    for name, n, g in annotate_file(Model.load(a.model), a.fasta, a.code):
        print(gff_line(name, n, g))


if __name__ == "__main__":
    main()
