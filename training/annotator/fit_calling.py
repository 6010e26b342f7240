"""Start-codon head, gene score and every threshold of the calling rule. Sees only the two training genomes:
weights come from the training parts, thresholds from the validation parts (last quarter of each genome) and recoded copies of them.
Usage: fit_calling.py GENBANK_DIR WORK_DIR MODEL_DIR"""
import json, os, sys, time
import numpy as np
import torch
from safetensors.numpy import save_file
from annotator import Caller, Model, Network
from augment import recode
from codons import LOOKAHEAD, STARTS, STOPS, TOKEN, codon_indices, pair_indices
from data import lane, read_genbank
from model import Coding, StartHead
from train_coding import TRAIN, part

CALLING = dict(min_length=90, clip=6., hold=0, drop=20., max_wait=3000, max_overlap=60, max_overlap_share=.5, edge_start=0.,
               start=dict(coding=.3, length=0.), gene=dict(coding=.3, length=0., start=.3, bias=-3.))


def tensors(net, start):
    a = lambda p: p.detach().numpy().astype(np.float32).copy()
    t = {"encoder/first": a(net.first), "encoder/second": a(net.second), "encoder/kernel": a(net.inp.weight.T),
         "encoder/bias": a(net.inp.bias), "encoder/strand": a(net.strand)}
    for i, (l, m) in enumerate(zip(net.lru, net.mix)):
        p = f"params/encoder/layers_{i}/"
        for k in ("theta_log", "nu_log", "gamma_log", "B_re", "B_im", "C_re", "C_im", "D"):
            t[p + "seq/" + k] = a(getattr(l, k))
        t[p + "normalization/scale"], t[p + "normalization/bias"] = a(l.norm.weight), a(l.norm.bias)
        for k in ("out1", "out2"):
            t[p + k + "/kernel"], t[p + k + "/bias"] = a(getattr(l, k).weight.T), a(getattr(l, k).bias)
        q = f"mix_{i}/"
        t[q + "normalization/scale"], t[q + "normalization/bias"] = a(m.norm.weight), a(m.norm.bias)
        t[q + "summary/kernel"] = a(m.summary.weight.T)
        for k in ("hidden", "out"):
            t[q + k + "/kernel"], t[q + k + "/bias"] = a(getattr(m, k).weight.T), a(getattr(m, k).bias)
    t["head/normalization/scale"], t["head/normalization/bias"] = a(net.norm.weight), a(net.norm.bias)
    t["head/kernel"], t["head/bias"] = a(net.head.weight.T), a(net.head.bias)
    for k in ("linear", "kernel", "bias", "place"):
        t["start/" + k] = a(getattr(start, k))
    return {k: np.ascontiguousarray(v) for k, v in t.items()}


def logits_of(model, seq, code, block=1024):
    """(ceil(L/30), 6) logits of a whole sequence."""
    d, T = model.config["delay_tokens"], -(-len(seq) // TOKEN)
    s = np.concatenate([seq, np.full((T + d) * TOKEN + LOOKAHEAD - len(seq), 4, np.uint8)])
    net, out = Network(model), []
    for a in range(0, T + d, block):
        out.append(net.step(pair_indices(s, code, a, min(block, T + d - a))))
    return np.concatenate(out)[d:]


def call(model, item, record=False):
    c = Caller(model, item["code"])
    if record:
        c.candidates = []
    lg, n, d = item["logits"], len(item["seq"]), model.config["delay_tokens"]
    for a in range(0, len(lg), 2048):
        c.advance(lg[a:a + 2048], item["seq"], 0, n, lambda t: min((t + 1 + d) * TOKEN + LOOKAHEAD, n))
    c.finish(n)
    return (c.out, c.candidates) if record else c.out


def counts(genes, ref):
    """matched stops, matched genes, reference genes, called genes; complete genes only"""
    g = {(x.left, x.right, x.strand) for x in genes if x.partial == "00"}
    stop = lambda x: (x[1] if x[2] == 1 else x[0], x[2])
    r = set(ref)
    return np.array([len({stop(x) for x in g} & {stop(x) for x in r}), len(g & r), len(r), len(g)], float)


def starts_of(item):
    """For every annotated gene: candidate starts with their windows, summed coding score, length; index of the true one."""
    s, n = item["seq"], len(item["seq"])
    c = np.clip(item["logits"].astype(np.float64), -CALLING["clip"], CALLING["clip"])
    S = np.concatenate([np.zeros((1, 6)), np.cumsum(c, 0)])
    c = np.concatenate([c, np.zeros((1, 6))])
    at = lambda x, r: S[x // TOKEN, r] + (x % TOKEN) / TOKEN * c[x // TOKEN, r]
    f, r = codon_indices(s)
    start = (np.isin(f, STARTS), np.isin(r, STARTS))
    stop = (np.isin(f, STOPS[item["code"]]), np.isin(r, STOPS[item["code"]]))
    out = []
    for a, b, st in item["cds"]:
        k, ln = 0 if st == 1 else 1, lane(a, b, st)
        p = np.arange(b - 3, -1, -3) if st == 1 else np.arange(a, n - 2, 3)      # from the stop codon upstream
        p = p[:2000]
        if not stop[k][p[0]]:
            continue
        up = np.nonzero(stop[k][p[1:]])[0]
        p = p[1:1 + (up[0] if len(up) else len(p))]
        p = p[start[k][p]]
        x = p if st == 1 else p + 3                                              # 5' boundary
        length = (b - x) if st == 1 else (x - a)
        keep = length >= CALLING["min_length"]
        x, p, length = x[keep], p[keep], length[keep]
        true = np.nonzero(x == (a if st == 1 else b))[0]
        if len(true) != 1 or len(x) < 2:
            continue
        ds = (at(b, ln) - at(x, ln)) if st == 1 else (at(x, ln) - at(a, ln))
        o = np.argsort(-ds)[:16]
        if true[0] not in o:
            o[-1] = true[0]
        win = x[o, None] - 30 + np.arange(48) if st == 1 else x[o, None] + 29 - np.arange(48)
        v = np.where((win >= 0) & (win < n), s[np.clip(win, 0, n - 1)], 4)
        if st == -1:
            v = np.where(v < 4, 3 - v, 4)
        out.append((v.astype(np.uint8), ds[o], length[o] / TOKEN, int(np.nonzero(o == true[0])[0][0])))
    return out


def onehot(v):
    return torch.nn.functional.one_hot(torch.from_numpy(v.astype(np.int64)), 5)[..., :4].float()


def train_start(sets, shares, steps=700, batch=192):
    torch.manual_seed(3)
    rng = np.random.default_rng(3)
    head = StartHead()
    opt = torch.optim.AdamW(head.parameters(), lr=5e-3, weight_decay=.02)
    for it in range(steps):
        for g in opt.param_groups:
            g["lr"] = 5e-3 * (1 - it / steps)
        pick = [sets[i][rng.integers(0, len(sets[i]))] for i in rng.choice(len(sets), batch, p=shares)]
        v = onehot(np.concatenate([x[0] for x in pick]))
        if it % 2:                                        # unknown bases are seen too
            v = v * (torch.rand(v.shape[:2]) > .02).float()[..., None]
        ds, ln = (torch.from_numpy(np.concatenate([x[i] for x in pick])).float() for i in (1, 2))
        score = head(v) + head.coding * ds + head.length * ln
        at, loss = 0, 0.
        for x in pick:
            loss = loss - torch.log_softmax(score[at:at + len(x[0])], 0)[x[3]]
            at += len(x[0])
        loss = loss / batch
        opt.zero_grad()
        loss.backward()
        opt.step()
    return head


def start_accuracy(head, data):
    with torch.no_grad():
        ok = [int((head(onehot(v)) + head.coding * torch.from_numpy(ds).float() + head.length * torch.from_numpy(ln).float()).argmax()) == t
              for v, ds, ln, t in data]
    return float(np.mean(ok))


def fit_gene(cands, items):
    """Weighted logistic regression on (coding sum, length, start score, 1): is this the stop of an annotated gene?"""
    X, Y, W = [], [], []
    for cs, it in zip(cands, items):
        ref = {(b if st == 1 else a, st) for a, b, st in it["cds"]}
        doubt = np.zeros(len(it["seq"]) + 1)
        for a, b in it["doubtful"]:
            doubt[a:b] = 1
        doubt = np.cumsum(doubt)
        x, y = [], []
        for l, r, st, ds, h, _ in cs:
            t = ((r if st == 1 else l), st) in ref
            if t or doubt[r] - doubt[l] < .3 * (r - l):
                x.append((ds, (r - l) / TOKEN, h, 1.))
                y.append(t)
        X += x
        Y += y
        W += [1 / len(x)] * len(x)
    X, Y, W = np.array(X), np.array(Y, float), np.array(W) / len(items) * 1e4
    w = np.zeros(4)
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(X @ w, -30, 30)))
        H = (X * (W * p * (1 - p))[:, None]).T @ X + 1e-3 * np.eye(4)
        w = w + np.linalg.solve(H, X.T @ (W * (Y - p)) - 1e-3 * w)
    return dict(coding=w[0], length=w[1], start=w[2], bias=w[3])


def fit_confidence(model, items):
    """Share of right stops among complete calls of the real validation parts as sigmoid(slope*ln(V) + bias)."""
    x, y = [], []
    for it in items:
        ref = {(b if st == 1 else a, st) for a, b, st in it["cds"]}
        for g in call(model, it):
            if g.partial == "00":
                x.append((np.log(max(g.score, 1e-3)), 1.))
                y.append(((g.right if g.strand == 1 else g.left), g.strand) in ref)
    x, y, w = np.array(x), np.array(y, float), np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        w = w + np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(2), x.T @ (y - p))
    return dict(slope=float(w[0]), bias=float(w[1]))


def save(model_dir, t, config):
    os.makedirs(model_dir, exist_ok=True)
    save_file(t, os.path.join(model_dir, "model.safetensors"))
    json.dump(config, open(os.path.join(model_dir, "config.json"), "w"), indent=1)


def main(gb, work, model_dir):
    torch.set_num_threads(1)
    t0 = time.process_time()
    net = Coding()
    net.load_state_dict(torch.load(os.path.join(work, "coding.pt")))
    rng = np.random.default_rng(11)
    version = os.path.basename(os.path.abspath(model_dir))
    config = dict(family="dna-annotator", version=int(version) if version.isdigit() else 0, format="dna-annotator-1", token=TOKEN, **net.size, layer_norm_eps=1e-6, lanes=6, embed_scale=.3,
                  start_window=48, start_upstream=30, genetic_codes=[11, 4], calling=json.loads(json.dumps(CALLING)))
    model = Model(tensors(net, StartHead()), config)
    items = {}
    for which in ("train", "val"):
        for name, (file, _) in TRAIN.items():
            p = part(read_genbank(os.path.join(gb, file))[0], which)
            items[which, name] = p
            for b in ((-.8, 1.) if which == "train" else (-.9, .8, 1.4)) if name == "k12" else ():
                q = dict(p, code=11, seq=recode(p["seq"], p["cds"], p["doubtful"], p["code"], rng, b, .25, .6))
                items[which, f"{name}-recoded{b:+.1f}"] = q
    for k, it in items.items():
        it["logits"] = logits_of(model, it["seq"], it["code"])
    print("logits", round(time.process_time() - t0), "cpu s", flush=True)
    tr = [k for k in items if k[0] == "train"]
    va = [k for k in items if k[0] == "val"]
    sets = [starts_of(items[k]) for k in tr]
    shares = np.array([{"k12": .5, "gm12": .25}.get(k[1], .125) for k in tr])
    head = train_start(sets, shares / shares.sum())
    report = dict(start_choice_given_stop={})
    for k in va:
        d = starts_of(items[k])
        report["start_choice_given_stop"][k[1]] = dict(n=len(d), head=start_accuracy(head, d),
            longest=float(np.mean([np.argmax(x[2]) == x[3] for x in d])), coding_only=float(np.mean([np.argmax(x[1]) == x[3] for x in d])))
    print(json.dumps(report, indent=1), round(time.process_time() - t0), "cpu s", flush=True)
    t = tensors(net, head)
    model = Model(t, config)
    c = config["calling"]
    c["start"] = dict(coding=head.coding.item(), length=head.length.item())
    c["gene"] = {k: float(v) for k, v in fit_gene([call(model, items[k], True)[1] for k in tr], [items[k] for k in tr]).items()}
    print(c["start"], c["gene"], round(time.process_time() - t0), "cpu s", flush=True)
    c0 = c["gene"]["bias"]

    def score():
        rows = {k[1]: counts(call(model, items[k]), items[k]["cds"]) for k in va}
        f1 = [2 * r[0] / (r[2] + r[3]) for r in rows.values()]
        ex = [r[1] / r[2] for r in rows.values()]
        return float(np.mean(f1) + .5 * np.mean(ex)), rows

    best, rows = score()
    trail = [("initial", None, best)]
    for name, grid in (("bias", (-2., -1., 1., 2., 3., 4.)), ("max_overlap", (30, 90, 130, 180)), ("hold", (60, 150, 300)),
                       ("drop", (8., 40.)), ("max_overlap_share", (.3, .8))):
        old = c["gene"]["bias"] if name == "bias" else c[name]
        top = old
        for g in grid:
            if name == "bias":
                c["gene"]["bias"] = c0 + g
            else:
                c[name] = g
            v, r = score()
            trail.append((name, g, v))
            if v > best + (3e-3 if name == "hold" else 5e-4):      # waiting longer must pay
                best, rows, top = v, r, (c0 + g if name == "bias" else g)
        if name == "bias":
            c["gene"]["bias"] = top
        else:
            c[name] = top
        print(name, top, round(best, 4), round(time.process_time() - t0), "cpu s", flush=True)
    # genes cut by a contig end: cut the validation parts into 5 kb contigs
    top = None
    for e in (-4., 0., 2., 4., 6., 8., 10.):
        c["edge_start"], tot = e, np.zeros(4)
        for k in va[:1] + [x for x in va if x[1] == "gm12"]:
            it = items[k]
            for a in range(0, min(len(it["seq"]), 300000) - 5000, 5000):
                sub = dict(seq=it["seq"][a:a + 5000], code=it["code"])
                sub["logits"] = logits_of(model, sub["seq"], sub["code"]) if ("sub", k, a) not in items else items["sub", k, a]
                items["sub", k, a] = sub["logits"]
                ref = {(max(x, a) - a, min(y, a + 5000) - a, st) for x, y, st in it["cds"] if x < a + 5000 and y > a
                       and (x < a or y > a + 5000) and min(y, a + 5000) - max(x, a) >= 120}
                got = {(g.left, g.right, g.strand) for g in call(model, sub) if g.partial != "00"}
                near = lambda u, v: u[2] == v[2] and abs(u[0] - v[0]) < 3 and abs(u[1] - v[1]) < 3
                tot += (sum(any(near(u, v) for v in got) for u in ref), 0, len(ref), len(got))
        v = 2 * tot[0] / (tot[2] + tot[3])
        trail.append(("edge_start", e, float(v)))
        if top is None or v > top[0]:
            top = (v, e, tot)
    c["edge_start"] = top[1]
    report["cut_genes"] = dict(edge_start=top[1], recall=top[2][0] / top[2][2], precision=top[2][0] / top[2][3], n=top[2][2])
    c["confidence"] = fit_confidence(model, [items["val", "k12"], items["val", "gm12"]])
    best, rows = score()
    report["validation"] = {k: dict(genes=int(r[2]), stop_recall=r[0] / r[2], stop_precision=r[0] / r[3], exact_start_recall=r[1] / r[2]) for k, r in rows.items()}
    report["trail"] = trail
    report["cpu_seconds"] = round(time.process_time() - t0)
    json.dump(report, open(os.path.join(work, "calling.json"), "w"), indent=1)
    print(json.dumps(report["validation"], indent=1), report["cut_genes"], report["cpu_seconds"], flush=True)
    save(model_dir, t, config)


if __name__ == "__main__":
    main(*sys.argv[1:4])
