"""Writes version 1.1: the weights of version 1 after a front end that adjusts the gain to music only (SPEC 8), with golden cases.

python condition.py MODEL_DIR NEW_DIR       MODEL_DIR is .../lru-transcriber/1; NEW_DIR must not be there yet

The golden cases are those of MODEL_DIR, and `faults`: 2 s of white noise, then the piano at -50 dBFS with a DC offset and four wild samples. The values
come from the numpy port of the specification (reference.py).
"""
import hashlib
import json
import os
import shutil
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

from reference import Stream

CONDITIONING = dict(
    high_pass_hz=15.0,
    click=dict(reach=4, ratio=16.0, least=1e-3),
    gate=dict(lowest_hz=25.0, highest_hz=5000.0, heard_hz=200.0, around_hz=100.0, excess=25.0, share=0.1, hold=16))


def golden(weights, constants, pcm, truth, kept):
    stream = Stream(weights, constants)
    stream.feed(pcm.astype(np.float32) / 32768)
    stream.end(len(pcm))
    out = {k: np.array(v, np.float32) for k, v in stream.trace.items()}
    for k in ('local', 'layer0', 'layer1', 'layer2', 'pitch_layer'):
        out[k] = out[k][kept]
    for k, layer in enumerate(stream.layers):
        out[f'layer{k}_state'] = layer.state
    out['pitch_layer_state'] = stream.pitch_layer.state
    for k in [k for k in out if k.endswith('_state')]:
        out[k] = np.concatenate([out[k].real, out[k].imag], 1).astype(np.float32)
    notes = np.array(sorted(stream.notes, key=lambda n: (n[1], n[0])), np.float32).reshape(-1, 6)
    out.update(pcm=pcm, kept_frames=kept.astype(np.int32), notes=notes, truth=truth)
    return {k: np.ascontiguousarray(v) for k, v in out.items()}


def faults(pcm, truth):
    rng = np.random.default_rng(903)
    noise = 10 ** (-60 / 20) * 32768 * rng.standard_normal(32000)
    x = pcm[:48000].astype(np.float64)
    x *= 10 ** (-50 / 20) * 32768 / np.sqrt(np.mean(x ** 2))
    x = np.round(np.concatenate([noise, x]) + 800).astype(np.int16)
    x[[5000, 20000, 40000, 60000]] = [32767, -32768, 32767, -32768]
    moved = truth[truth[:, 0] < 3].copy()
    moved[:, :2] += 2
    return x, moved


if __name__ == '__main__':
    old, new = (os.path.abspath(a) for a in sys.argv[1:3])
    os.makedirs(f'{new}/golden')
    shutil.copy(f'{old}/model.safetensors', new)
    with open(f'{old}/config.json') as file:
        constants = json.load(file)
    constants = dict(constants, version=os.path.basename(new), conditioning=CONDITIONING)
    with open(f'{new}/config.json', 'w') as file:
        json.dump(constants, file, indent=1)
    weights = load_file(f'{new}/model.safetensors')
    cases = {name: load_file(f'{old}/golden/{name}.safetensors') for name in ('piano', 'quartet')}
    sounds = {name: (case['pcm'], case['truth']) for name, case in cases.items()}
    sounds['faults'] = faults(*sounds['piano'])
    for name, (pcm, truth) in sounds.items():
        save_file(golden(weights, constants, pcm, truth, cases['piano']['kept_frames']), f'{new}/golden/{name}.safetensors')
        print(name, len(pcm), os.path.getsize(f'{new}/golden/{name}.safetensors'))
    with open(f'{old}/provenance.json') as file:
        provenance = json.load(file)
    hashes = {}
    for name in ('model.safetensors', 'config.json'):
        with open(f'{new}/{name}', 'rb') as file:
            hashes[name] = hashlib.sha256(file.read()).hexdigest()
    provenance = {k: v for k, v in provenance.items() if k in ('parameters', 'data', 'training')}
    provenance = dict(model=f'lru-transcriber {os.path.basename(new)}', weights='those of lru-transcriber 1, unchanged', sha256=hashes, **provenance)
    with open(f'{new}/provenance.json', 'w') as file:
        json.dump(provenance, file, indent=1)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(f'{here}/golden.md') as file, open(f'{new}/golden/README.md', 'w') as out:
        out.write(file.read().replace('lru-transcriber/1/golden', f'lru-transcriber/{os.path.basename(new)}/golden'))
