"""New music, rendered as for the transcriber but of other seeds, with what the transcriber says of it.

python data.py MODEL_DIR DATA_DIR   writes DATA_DIR/{train,valid}_{source}_{k}.npz with
  features (T, 2, 294) float16, onset/frame (T, 88) float16 probabilities, clips (n, 2): first and last+1 frame of each clip,
  notes (m, 4): frame of the onset (fraction), frame of the end, MIDI pitch, clip.
The transcriber never trained on these files: what it says here is as good as on other new music.
"""
import multiprocessing
import os
import sys

import numpy as np
import torch
from safetensors.torch import load_file

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'transcriber'))
import features as fe
import render
from model import Transcriber

PLAN = [('train', 'fluid', 8), ('train', 'gervill', 8), ('train', 'own', 8), ('valid', 'fluid', 1), ('valid', 'gervill', 1), ('valid', 'own', 1)]
SPLIT_SEED = dict(train=2, valid=3)          # the transcriber's own files have 0 and 1


def first_pass(model_dir):
    """The transcriber's network with the weights of a model directory."""
    weights = load_file(f'{model_dir}/model.safetensors')
    net = Transcriber()
    net.load_state_dict({k: v for k, v in weights.items() if not k.startswith('frontend.')})
    return net.eval()


def hear(net, x):
    """x (n,) samples -> features (T, 2, 294), onset and frame probabilities (T, 88)."""
    with torch.no_grad():
        f = fe.features(x)
        onset, frame, _, _ = net(f[None])
    return f.numpy(), torch.sigmoid(onset[0]).numpy(), torch.sigmoid(frame[0]).numpy()


def build(job):
    """Renders one file of the plan and transcribes it."""
    model_dir, folder, split, source, k = job
    torch.set_num_threads(1)
    stem = f'{folder}/{split}_{source}_{k:02d}'
    if os.path.exists(stem + '.npz'):
        return stem
    net = first_pass(model_dir)
    rng = np.random.default_rng([SPLIT_SEED[split], render.SOURCES.index(source), k, 20])
    heard, spans, truth, at = [], [], [], 0
    for clip, (x, notes) in enumerate(render.sounds(rng, source, stem)):
        heard.append([y.astype(np.float16) for y in hear(net, x)])
        frames = len(heard[-1][0])
        truth.append(np.c_[at + notes[:, :2] * fe.RATE / fe.HOP, notes[:, 2], np.full(len(notes), clip)])
        spans.append((at, at + frames))
        at += frames
    columns = [np.concatenate(c) for c in zip(*heard)]
    np.savez(stem + '.npz', **dict(zip(('features', 'onset', 'frame'), columns)), clips=np.array(spans), notes=np.concatenate(truth))
    return stem


if __name__ == '__main__':
    model, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    render.compile_renderer()
    jobs = [(model, folder, split, source, k) for k in range(max(p[2] for p in PLAN)) for split, source, count in PLAN if k < count]
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for done in pool.imap_unordered(build, jobs):
            print(done, flush=True)
