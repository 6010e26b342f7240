"""Writes the second pass as the product reads it, with a golden case of its own.

python export.py MODEL_DIR RUN_DIR OUT_DIR     MODEL_DIR is the transcriber's; OUT_DIR is new and ends with the version
"""
import datetime
import hashlib
import json
import os
import shutil
import sys
import tempfile

import numpy as np
import torch
from safetensors.numpy import save_file

import data
import features as fe
import make_music
import render
import windows as w
from decode import decode
from evaluate import judge, load, revised
from train import SELF

GOLDEN_WINDOWS = 8                                             # that are kept


def config(model_dir, sizes, trust, threshold, version):
    first = json.load(open(f'{model_dir}/config.json'))
    return dict(
        family='rse-second-pass', variant='tf-musicnet', version=version, **sizes,
        first_pass=dict(rate=fe.RATE, hop=fe.HOP, bins=w.BINS, pitches=w.PITCHES, first_pitch=fe.FIRST_PITCH),
        layout=dict(shifts=w.SHIFTS, semitones=w.SEMITONES, around=list(w.OFFSETS), short_frames=list(w.SHORT), long_frames=list(w.LONG),
                    onset_frames=list(w.ONSET), frame_frames=list(w.FRAME), outside=w.OUTSIDE),
        verdict=dict(least=w.LEAST, apart=w.APART, trust=trust, answer=SELF),
        decoder={**first['decoder'], 'onset': threshold, 'support': 0.})


def case(net, model, settings, seed=903, seconds=3.):
    """A generated piece on the own synthesizer -> what the first pass heard, the verdicts and the notes that stand."""
    rng = np.random.default_rng(seed)
    make_music.STYLES = {'pianist': 1.}
    scene = make_music.scene(rng, seconds - 1)
    with tempfile.TemporaryDirectory() as folder:
        x = render.render(rng, 'own', [scene], folder + '/case')[0][:int(seconds * fe.RATE)]
    with torch.no_grad():
        f = fe.features(x / np.abs(x).max() * .4 + .0005 * rng.standard_normal(len(x)).astype(np.float32))
        probabilities = torch.stack([torch.sigmoid(y[0]) for y in net(f[None])[:3]], 2).numpy()      # (T, 88, 3)
    onset, frame, velocity = (np.ascontiguousarray(probabilities[:, :, k]) for k in range(3))
    padded = w.pad(f.numpy(), onset, frame, [(0, len(f))])
    spectrum, o, h = (torch.from_numpy(y) for y in padded[:3])
    found = w.candidates(padded[1])
    verdicts = judge(model, spectrum, o, h, found)
    notes = decode(revised(onset, found - [w.GAP, w.DOWN], verdicts, settings['onset']), frame, velocity, settings)[:, :3]
    notes = notes[np.lexsort((notes[:, 1], notes[:, 0]))]
    return dict(input_features=f.numpy(), input_probabilities=probabilities, candidates=(found - [w.GAP, w.DOWN]).astype(np.int32), verdicts=verdicts,
                windows=w.windows(spectrum, o, h, torch.from_numpy(found[:GOLDEN_WINDOWS])).numpy(), notes=notes.astype(np.float32))


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


if __name__ == '__main__':
    model_dir, run, out = sys.argv[1:4]
    os.makedirs(f'{out}/golden')
    torch.set_num_threads(1)
    net, (model, best), decoder = data.first_pass(model_dir), load(run), json.load(open(f'{run}/decoder.json'))
    save_file({k: v.numpy() for k, v in model.net.named().items()}, f'{out}/model.safetensors')
    settings = config(model_dir, best['sizes'], model.trust.item(), decoder['threshold'], int(os.path.basename(os.path.abspath(out))))
    with open(f'{out}/config.json', 'w') as file:
        json.dump(settings, file, indent=1)
    first = json.load(open(f'{model_dir}/provenance.json'))
    provenance = dict(
        model='rse-second-pass ' + os.path.basename(os.path.abspath(out)), date=str(datetime.date.today()), parameters=sum(p.numel() for p in model.net.parameters()),
        sha256={name: digest(f'{out}/{name}') for name in ('model.safetensors', 'config.json')},
        first_pass=dict(model=first['model'], sha256=first['sha256']['model.safetensors']),
        data=dict(music='random scenes of ../transcriber/make_music.py; no score, corpus or recording', candidates=best['candidates'],
                  files={f'{s} {t}': n for s, t, n in data.PLAN}, seeds='numpy default_rng([2 for train, 3 for valid, source index, file index, 20])'),
        training=dict(steps=best['step'], batch='32 windows', method='AdamW, cosine', arithmetic='bfloat16 products, float32 weights', averaged_weights=.998),
        validation=dict(ap=best['ap'], loss=best['loss'], first_pass_ap=best['first_pass_ap'], **decoder['validation']))
    with open(f'{out}/provenance.json', 'w') as file:
        json.dump(provenance, file, indent=1, default=float)
    golden = case(net, model, settings['decoder'])
    save_file({k: np.ascontiguousarray(v) for k, v in golden.items()}, f'{out}/golden/piano.safetensors')
    shutil.copy(f'{os.path.dirname(os.path.abspath(__file__))}/golden.md', f'{out}/golden/README.md')
    print({k: v.shape for k, v in golden.items()}, {name: os.path.getsize(f'{out}/{name}') for name in ('model.safetensors', 'golden/piano.safetensors')})
