"""Candidates for a note, the window around each, and what is true of it.

A candidate is a peak of the first pass's onset probability, far below the threshold of the first pass. Its window is laid out like
MusicNet's (values of a bin side by side): for each RATIO to the candidate's pitch BINS bins, for each bin VALUES values.
"""
import glob
import math

import numpy as np
import torch

RATIOS = (1 / 5, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 5 / 2, 3, 4, 5, 6, 8)     # 1 stands where the middle frame is answered
SHIFTS = [round(36 * math.log2(r)) for r in RATIOS]            # in bins
SEMITONES = [round(12 * math.log2(r)) for r in RATIOS]
OFFSETS = (-1, 0, 1, 2)                                        # bins around each ratio
SHORT, LONG, ONSET, FRAME = (-3, -1, 0, 1, 2, 4, 6), (-1, 2, 5, 8), (0,), (-2, 1, 3, 7)          # frames around the candidate, per row of values
WINDOW = len(RATIOS) * len(OFFSETS) * (len(SHORT) + len(LONG) + len(ONSET) + len(FRAME))        # 1024
BEFORE, AFTER = 3, 8                                           # frames that a window sees before and after the candidate
LEAST, APART, TOLERANCE = .1, 3, .05 * 16000 / 512            # of a candidate's onset probability; frames; frames
OUTSIDE, PITCHES, BINS = -1., 88, 294
GAP, LEFT, RIGHT, DOWN, UP = 10, 90, 90, 30, 40                # padding of the arrays


def pad(features, onset, frame, clips):
    """One file, of any precision -> spectrum (T', 2, LEFT+294+RIGHT), onset and frame (T', DOWN+88+UP), and the first padded row of each clip."""
    frames = sum(b - a + GAP for a, b in clips) + GAP
    spectrum = np.full((frames, 2, LEFT + BINS + RIGHT), OUTSIDE, features.dtype)
    probabilities = np.zeros((2, frames, DOWN + PITCHES + UP), onset.dtype)
    first, at = [], GAP
    for a, b in clips:
        spectrum[at:at + b - a, :, LEFT:LEFT + BINS] = features[a:b]
        probabilities[0, at:at + b - a, DOWN:DOWN + PITCHES] = onset[a:b]
        probabilities[1, at:at + b - a, DOWN:DOWN + PITCHES] = frame[a:b]
        first.append(at)
        at += b - a + GAP
    return spectrum, probabilities[0], probabilities[1], np.array(first)


def candidates(o, least=LEAST):
    """o (T', W) padded onset probabilities -> (n, 2): row and column of every peak that is the largest within APART frames."""
    o = o.astype(np.float32)
    peak = o >= least
    for d in range(1, APART):
        peak[d:] &= o[d:] > o[:-d]
        peak[:-d] &= o[:-d] >= o[d:]
    return np.argwhere(peak)


def refined(o, found):
    """Time of each candidate in frames with a fraction: the vertex of the parabola through the peak and its neighbours."""
    t, p = found.T
    two, one, now = (o[t + d, p].astype(np.float64) for d in (-1, 0, 1))
    return t + np.clip(.5 * (now - two) / np.maximum(1e-6, 2 * one - two - now), -.5, .5)


def targets(found, time, notes, frames):
    """found (n, 2), notes (m, 3) first frame (fraction), end, column -> (n, 2 len(RATIOS)): an onset at that ratio now; a note that sounds."""
    sounding = np.zeros((frames, DOWN + PITCHES + UP), bool)
    starts = {}
    for on, off, p in notes:
        p = int(p)
        sounding[int(round(on)):max(int(round(on)) + 1, int(round(off))), p] = True
        starts.setdefault(p, []).append(on)
    starts = {p: np.sort(v) for p, v in starts.items()}
    y = np.zeros((len(found), 2 * len(RATIOS)), np.float32)
    for k, s in enumerate(SEMITONES):
        column = np.clip(found[:, 1] + s, 0, sounding.shape[1] - 1)
        y[:, len(RATIOS) + k] = sounding[np.minimum(found[:, 0] + 1, frames - 1), column]
        for p in np.unique(column):
            if p in starts:
                rows, v = np.flatnonzero(column == p), starts[p]
                i = np.searchsorted(v, time[rows])
                near = np.minimum(np.abs(v[np.maximum(i - 1, 0)] - time[rows]), np.abs(v[np.minimum(i, len(v) - 1)] - time[rows]))
                y[rows, k] = near <= TOLERANCE
    return y


class Data:
    """Candidates of all files that match."""

    def __init__(self, pattern):
        spectra, onsets, frames, found, y, self.files, at = [], [], [], [], [], [], 0
        for name in sorted(glob.glob(pattern)):
            d = np.load(name)
            spectrum, onset, frame, first = pad(d['features'], d['onset'], d['frame'], d['clips'])
            notes = d['notes']
            shift = (first - d['clips'][:, 0])[notes[:, 3].astype(int)]
            notes = np.c_[notes[:, 0] + shift, notes[:, 1] + shift, notes[:, 2] - 21 + DOWN]
            c = candidates(onset)
            y.append(targets(c, refined(onset, c), notes, len(onset)))
            self.files.append((name, at, first + at, np.diff(d['clips'], axis=1)[:, 0], notes + [at, at, 0]))
            found.append(c + [at, 0])
            spectra.append(spectrum), onsets.append(onset), frames.append(frame)
            at += len(onset)
        self.spectrum, self.onset, self.frame = (torch.from_numpy(np.concatenate(a)) for a in (spectra, onsets, frames))
        self.found, self.y = torch.from_numpy(np.concatenate(found)), torch.from_numpy(np.concatenate(y))

    def first_pass(self, rows):
        """Onset probability of candidates (n,)."""
        return self.onset[self.found[rows, 0], self.found[rows, 1]].float()

    def told(self, rows):
        """Log odds of the first pass for candidates (n,)."""
        return torch.logit(self.first_pass(rows), 1e-4)

    def windows(self, rows, tilt=None):
        """rows (n,) of `found` -> (n, WINDOW) float32; `tilt` (n, 294) is added to the spectrum."""
        return windows(self.spectrum, self.onset, self.frame, self.found[rows], tilt)


def windows(spectrum, onset, frame, found, tilt=None):
    """Padded arrays and found (n, 2) -> (n, WINDOW) float32."""
    t, column = found[:, 0], found[:, 1]
    lines = torch.tensor([[s + j for j in OFFSETS] for s in SHIFTS])                     # (ratios, bins)
    bins = (3 * (column - DOWN) + 1 + LEFT)[:, None, None] + lines
    pitch = column[:, None, None] + torch.tensor([[s + (j + 1) // 3 for j in OFFSETS] for s in SEMITONES])
    at = lambda offsets: t[:, None, None, None] + torch.tensor(offsets)
    short, long = spectrum[at(SHORT), 0, bins[..., None]].float(), spectrum[at(LONG), 1, bins[..., None]].float()
    if tilt is not None:
        more = torch.nn.functional.pad(tilt, (LEFT, RIGHT)).gather(1, bins.flatten(1)).reshape(bins.shape)[..., None]
        short, long = short + more, long + more
    x = [short, long, onset[at(ONSET), pitch[..., None]].float(), frame[at(FRAME), pitch[..., None]].float()]
    return torch.cat(x, 3).flatten(1)
