"""Chooses when the second pass lets a note stand, on the generated validation files; then scores folders of (X.flac or X.wav, X.csv) pairs.

python evaluate.py tune MODEL_DIR DATA_DIR RUN_DIR      writes RUN_DIR/decoder.json
python evaluate.py score MODEL_DIR RUN_DIR FOLDER...    prints note scores without and with the second pass
MODEL_DIR is the transcriber's.
"""
import glob
import json
import os
import sys

import mir_eval
import numpy as np
import soundfile
import torch
from scipy.signal import resample_poly

import data
import features as fe
import windows as w
from decode import decode
from train import SELF, SecondPass

SECONDS = fe.HOP / fe.RATE


def note_scores(reference, estimate):
    """reference (n, >=3) on s, off s, pitch; estimate like decode() -> precision, recall, F (onset 50 ms), F with offset (20 %)."""
    if not len(reference) or not len(estimate):
        return 0., 0., 0., 0.
    hertz = lambda pitch: 440 * 2 ** ((pitch - 69) / 12)
    ri, rp = np.maximum(np.c_[reference[:, 0], np.maximum(reference[:, 1], reference[:, 0] + .03)], 0), hertz(reference[:, 2])
    ei, ep = np.maximum(estimate[:, 1:3] * SECONDS, 0), hertz(estimate[:, 0])
    ei[:, 1] = np.maximum(ei[:, 1], ei[:, 0] + .02)
    both = [mir_eval.transcription.precision_recall_f1_overlap(ri, rp, ei, ep, onset_tolerance=.05, offset_ratio=r) for r in (None, .2)]
    return both[0][0], both[0][1], both[0][2], both[1][2]


def load(run):
    best = torch.load(f'{run}/best.pt', weights_only=False)
    sizes = best['sizes']
    model = SecondPass(window=sizes['window'], units=sizes['num_units'], blocks=sizes['n_blocks'], convs=sizes['convs'], classes=sizes['n_classes'])
    model.load_state_dict(best['weights'])
    return model.eval(), best


def judge(model, spectrum, onset, frame, found, batch=64):
    """Probability (n,) that each candidate is a note."""
    if not len(found):
        return np.zeros(0, np.float32)
    found, out = torch.as_tensor(found), []
    with torch.no_grad():
        for rows in found.split(batch):
            told = torch.logit(onset[rows[:, 0], rows[:, 1]].float(), 1e-4)
            out.append(torch.sigmoid(model(w.windows(spectrum, onset, frame, rows), told)[:, SELF]))
    return torch.cat(out).numpy()


def revised(onset, found, verdicts, threshold):
    """onset (T, 88) and candidates (n, 2) in its rows and columns -> onset probabilities in which only notes that stand have a peak, of the verdict's height."""
    out = np.zeros_like(onset)
    for (t, p), q in zip(found, verdicts):
        if q >= threshold:
            for d in (-1, 0, 1):                               # the peak keeps its shape, so the refined time stays
                if 0 <= t + d < len(onset):
                    out[t + d, p] = onset[t + d, p] * q / onset[t, p]
    return out


def second_decode(onset, frame, velocity, found, verdicts, first, threshold):
    """Notes of the second pass, as decode() returns them."""
    return decode(revised(onset, found, verdicts, threshold), frame, velocity, {**first, 'onset': threshold, 'support': 0.})


def tune(model_dir, data_dir, run, clips_per_file=22):
    """The threshold of the highest mean onset F over the validation clips of all timbre sources."""
    model, _ = load(run)
    first = json.load(open(f'{model_dir}/config.json'))['decoder']
    cases = []
    for name in sorted(glob.glob(f'{data_dir}/valid_*.npz')):
        d = w.Data(name)
        _, _, starts, lengths, notes = d.files[0]
        last = min(clips_per_file, len(starts)) - 1
        found = d.found[d.found[:, 0] < starts[last] + lengths[last]]
        verdicts, found = judge(model, d.spectrum, d.onset, d.frame, found), found.numpy()
        for a, n in list(zip(starts, lengths))[:clips_per_file]:
            own = (found[:, 0] >= a) & (found[:, 0] < a + n)
            inside = (notes[:, 0] >= a - 1) & (notes[:, 0] < a + n)
            ref = np.c_[(notes[inside, 0] - a) * SECONDS, (notes[inside, 1] - a) * SECONDS, notes[inside, 2] - w.DOWN + 21]
            o, f = (x[a:a + n, w.DOWN:w.DOWN + w.PITCHES].float().numpy() for x in (d.onset, d.frame))
            cases.append((name.split('_')[-2], o, f, found[own] - [a, w.DOWN], verdicts[own], ref))

    def rate(threshold=None):
        rows = []
        for source, o, f, found, verdicts, ref in cases:
            v = np.full_like(o, .5)
            rows.append(note_scores(ref, decode(o, f, v, first) if threshold is None else second_decode(o, f, v, found, verdicts, first, threshold)))
        return np.array(rows)

    without = rate()
    print('without P R F Foff', without.mean(0).round(4), flush=True)
    best, value = None, None
    for threshold in np.arange(.25, .53, .025).round(3):
        got = rate(threshold)
        print(threshold, got.mean(0).round(4), flush=True)
        if value is None or got[:, 2].mean() > value[:, 2].mean():
            best, value = float(threshold), got
    by_source = lambda rows: {s: float(np.mean([r[2] for c, r in zip(cases, rows) if c[0] == s])) for s in sorted({c[0] for c in cases})}
    named = lambda rows: dict(zip(('P', 'R', 'F', 'F_offset'), rows.mean(0).tolist()), F_by_source=by_source(rows))
    result = dict(threshold=best, validation=dict(without=named(without), with_second_pass=named(value)))
    json.dump(result, open(f'{run}/decoder.json', 'w'), indent=1)
    print(json.dumps(result, indent=1))


def read(path):
    """A sound file as 16 kHz mono float32."""
    x, rate = soundfile.read(path, dtype='float32', always_2d=True)
    divisor = np.gcd(rate, fe.RATE)
    return resample_poly(x.mean(1), fe.RATE // divisor, rate // divisor).astype(np.float32)


def score(model_dir, run, folders):
    """Prints one line per file and one mean per folder."""
    net, (model, _) = data.first_pass(model_dir), load(run)
    first, threshold = json.load(open(f'{model_dir}/config.json'))['decoder'], json.load(open(f'{run}/decoder.json'))['threshold']
    torch.set_num_threads(1)
    for folder in folders:
        rows = []
        for path in sorted(glob.glob(f'{folder}/*.flac') + glob.glob(f'{folder}/*.wav')):
            ref = np.loadtxt(os.path.splitext(path)[0] + '.csv', delimiter=',', skiprows=1, ndmin=2)
            f, onset, frame = data.hear(net, read(path))
            padded = w.pad(f, onset, frame, [(0, len(f))])
            spectrum, o, h = (torch.from_numpy(x) for x in padded[:3])
            found = w.candidates(padded[1])
            verdicts, v = judge(model, spectrum, o, h, found), np.full_like(onset, .5)
            both = decode(onset, frame, v, first), second_decode(onset, frame, v, found - [w.GAP, w.DOWN], verdicts, first, threshold)
            rows.append([note_scores(ref, n) for n in both])
            print(f'{os.path.basename(path):32s} F {rows[-1][0][2]:.3f} -> {rows[-1][1][2]:.3f}   {len(found) * fe.RATE / fe.HOP / len(f):.1f} windows a second', flush=True)
        mean = np.array(rows).mean(0).round(4)
        print(folder, 'P R F Foff', mean[0], '->', mean[1], flush=True)


if __name__ == '__main__':
    if sys.argv[1] == 'tune':
        tune(*sys.argv[2:])
    else:
        score(sys.argv[2], sys.argv[3], sys.argv[4:])
