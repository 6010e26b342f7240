"""Holds notes of the product against those of `reference.Stream` on the same 16 kHz samples.

python compare_stream.py MODEL_DIR FOLDER

FOLDER holds, per sound, X.f32 (16 kHz, little-endian floats) and X.notes.csv (midi_pitch,start_frames,end_frames,...),
as 'riffle evaluate recordings' writes them. Two notes are the same when pitch and end are equal and the starts lie
within 0.02 frames. Each difference is listed with its margin: how near the probabilities of the reference were to deciding
otherwise. Ends with 1 if more than 2 in 1,000 notes differ.
"""
import glob
import json
import sys

import numpy as np
from safetensors.numpy import load_file

from reference import Stream, sigmoid

START = .02


def listen(weights, constants, samples):
    """-> notes [(pitch, start, end)], onset and frame probabilities (T, 88)."""
    stream = Stream(weights, constants)
    for at in range(0, len(samples), 512):
        stream.feed(samples[at:at + 512])
    stream.end(len(samples))
    onset, frame = (sigmoid(np.array(stream.trace[name], np.float64).reshape(-1, 88)) for name in ('onset_logits', 'frame_logits'))
    return [note[:3] for note in stream.notes], onset, frame


def pair(ours, theirs):
    """Same pitch and start -> [(our note or None, their note or None)]."""
    pairs, left = [], sorted(theirs)
    for note in sorted(ours):
        near = [other for other in left if other[0] == note[0] and abs(other[1] - note[1]) < 1]
        best = min(near, key=lambda other: abs(other[1] - note[1]), default=None)
        if best:
            left.remove(best)
        pairs.append((note, best))
    return pairs + [(None, other) for other in left]


def margin(decoder, onset, frame, ours, theirs):
    """Smallest distance of a probability to the threshold or neighbour that decided this start or end."""
    p = int((ours or theirs)[0]) - 21
    near = lambda values, t: values[min(max(t, 0), len(values) - 1), p]
    if ours and theirs and ours[2] != theirs[2]:
        span = range(int(min(ours[2], theirs[2])) - 1, int(max(ours[2], theirs[2])) + decoder['gap'] + 1)
        return min(abs(near(frame, t) - decoder['frame']) for t in span)
    middle = round((ours or theirs)[1])
    return min(min(abs(near(onset, t) - decoder['onset']), abs(near(onset, t) - near(onset, t - 1)), abs(near(onset, t) - near(onset, t + 1)),
                   abs(max(near(frame, t), near(frame, t + 1)) - decoder['support'])) for t in (middle - 1, middle, middle + 1))


if __name__ == '__main__':
    weights, constants = load_file(f'{sys.argv[1]}/model.safetensors'), json.load(open(f'{sys.argv[1]}/config.json'))
    total, different, apart = 0, 0, 0.
    for path in sorted(glob.glob(f'{sys.argv[2]}/*.f32')):
        name = path.split('/')[-1][:-4]
        table = np.loadtxt(path[:-4] + '.notes.csv', delimiter=',', skiprows=1, ndmin=2).reshape(-1, 4)
        ours = [tuple(row[:3]) for row in table]
        theirs, onset, frame = listen(weights, constants, np.fromfile(path, '<f4'))
        pairs = pair(ours, theirs)
        wrong = [(a, b) for a, b in pairs if not (a and b and abs(a[1] - b[1]) <= START and a[2] == b[2])]
        apart = max([apart] + [abs(a[1] - b[1]) for a, b in pairs if a and b])
        total, different = total + len(theirs), different + len(wrong)
        print(f'{name:28s} {len(theirs):4d} notes, {len(wrong)} differ', flush=True)
        for a, b in wrong:
            print(f'    ours {a}  reference {b}  margin {margin(constants["decoder"], onset, frame, a, b):.2e}')
    print(f'{different} of {total} notes differ ({1000 * different / max(1, total):.2f} in 1,000); largest distance of starts {apart:.1e} frames')
    sys.exit(total == 0 or different > .002 * total)
