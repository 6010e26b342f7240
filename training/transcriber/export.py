"""Writes what the product ships as a new version: model.safetensors, config.json, provenance.json and golden/.

python export.py RUN_DIR MODEL_DIR       MODEL_DIR is <name>/<version> and must not be there yet
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

import features as fe
import make_music
import model
import render
from decode import DEFAULT, decode
from evaluate import load_net

KEPT = [0, 1, 2, 3, 10, 40, 80, 120]       # frames whose hidden activations a golden case holds


def config(settings, version):
    """Every constant of the front end, the network and the decoder."""
    return dict(
        family='lru-transcriber', version=version,
        audio=dict(rate=fe.RATE, hop=fe.HOP, look_ahead=fe.LOOK, windows=list(fe.WINDOWS), pcm_divisor=32768),
        spectrum=dict(bins=fe.BINS, bins_per_semitone=fe.PER_SEMITONE, lowest_hz=fe.LOWEST, epsilon=fe.EPS, shift=fe.SHIFT, scale=fe.SCALE),
        gain=dict(target_rms=fe.AGC['target'], up=fe.AGC['up'], down=fe.AGC['down'], silence=fe.AGC['silence'], floor=fe.AGC['floor']),
        harmonic_stack=dict(harmonics=list(model.HARMONICS), shifts=model.SHIFTS, outside=model.OUTSIDE, kernel=5, stride=3, padding=1, channels=24),
        octaves=dict(kernel=5, dilation=12, channels=16),
        encoder=dict(pitch_channels=8, width=192),
        lru=dict(layers=3, width=192, state=128, norm='layer', norm_epsilon=1e-6, prenorm=True, activation='gelu_tanh', gate='glu'),
        spread=dict(per_pitch=8), pitch_lru=dict(width=16, state=16, norm_epsilon=1e-6, inputs='local 16 then spread 8'),
        heads=dict(hidden=32, outputs=['onset', 'frame', 'velocity']), pitches=88, first_pitch=21,
        decoder={k: settings[k] for k in DEFAULT})


def tensors(net):
    """All weights, and the window and filterbank arrays."""
    out = {k: v.detach().contiguous().numpy() for k, v in net.state_dict().items()}
    for n in fe.WINDOWS:
        out[f'frontend.window_{n}'], out[f'frontend.bank_{n}'] = fe.hann(n), fe.filterbank(n)
    return out


def golden(net, settings, pcm, notes):
    """pcm int16 (n,) -> every intermediate value of one case."""
    x = pcm.astype(np.float32) / 32768
    f, trace = fe.features(x), []
    frames = len(f)
    newest = np.concatenate([x, np.zeros(fe.LOOK, np.float32)])[fe.LOOK - fe.HOP:][:frames * fe.HOP].astype(np.float64).reshape(frames, fe.HOP)
    with torch.no_grad():
        z = net.per_pitch(f)
        onset, frame, velocity, state = net(f[None], trace=trace)
        prefix = net(f[None, :frames // 2])
        rest = [net(f[None, t:t + 1], s)[0] for t, s in [(frames // 2, prefix[3])]][0]
    assert torch.allclose(rest[0, 0], onset[0, frames // 2], atol=1e-4)
    kept = [t for t in KEPT if t < frames]
    out = dict(pcm=pcm, features=f.numpy(), gain=fe.agc_gain((newest ** 2).mean(1)), kept_frames=np.array(kept, np.int32), local=z[kept].numpy(),
               onset_logits=onset[0].numpy(), frame_logits=frame[0].numpy(), velocity_logits=velocity[0].numpy(), truth=notes.astype(np.float32),
               notes=decode(*(torch.sigmoid(y[0]).numpy() for y in (onset, frame, velocity)), settings).astype(np.float32))
    for k, h in enumerate(trace):
        name = f'layer{k}' if k < len(trace) - 1 else 'pitch_layer'
        out[name] = (h[kept, 0] if k < len(trace) - 1 else h[kept]).numpy()
        out[name + '_state'] = state[k].numpy()
    return {k: np.ascontiguousarray(v) for k, v in out.items()}


def case(seed, source, seconds, style):
    """A generated scene rendered by one source -> int16 samples with a little noise and a quiet start, and its true notes."""
    rng = np.random.default_rng(seed)
    make_music.STYLES = {style: 1.0}
    scene = make_music.scene(rng, seconds - 1.)
    with tempfile.TemporaryDirectory() as folder:
        x = render.render(rng, source, [scene], folder + '/case')[0]
    x = np.concatenate([np.zeros(int(.3 * fe.RATE), np.float32), x])[:int(seconds * fe.RATE)]
    x = x / np.abs(x).max() * .4 + .0005 * rng.standard_normal(len(x))
    notes = scene['notes'][:, :4].copy()
    notes[:, :2] += .3
    return np.round(x * 32767).astype(np.int16), notes


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


if __name__ == '__main__':
    run, model_dir = sys.argv[1], os.path.abspath(sys.argv[2])
    golden_dir, version = model_dir + '/golden', int(os.path.basename(model_dir))
    os.makedirs(golden_dir)
    torch.set_num_threads(1)
    net, decoder, scores = load_net(run), json.load(open(f'{run}/decoder.json')), {}
    if os.path.exists(f'{run}/scores.json'):
        scores = {os.path.basename(os.path.dirname(k.rstrip('/'))) + '/' + os.path.basename(k.rstrip('/')): v['mean'] for k, v in json.load(open(f'{run}/scores.json')).items()}
    save_file(tensors(net), f'{model_dir}/model.safetensors')
    with open(f'{model_dir}/config.json', 'w') as file:
        json.dump(config(decoder['settings'], version), file, indent=1)
    best = torch.load(f'{run}/best.pt', weights_only=False)
    provenance = dict(
        model=f'lru-transcriber {version}', date=str(datetime.date.today()), parameters=sum(p.numel() for p in net.parameters()),
        sha256={name: digest(f'{model_dir}/{name}') for name in ('model.safetensors', 'config.json')},
        data=dict(music='random scenes of make_music.py; no score, corpus or recording', frames=best['frames'], hours=round(best['frames'] * fe.HOP / fe.RATE / 3600, 2),
                  files={f'{s} {t}': n for s, t, n in render.PLAN}, sources=dict(fluid='FluidSynth with the FluidR3 GM sound font (MIT licence)', gervill="the JDK's generated emergency sound bank", own='numpy synthesizer in render.py'),
                  seeds='numpy default_rng([is_valid, source index, file index, 20])'),
        training=dict(steps=best['step'], batch='16 clips of 128 frames', stages='AdamW, cosine: peak rate 3e-3, seed 7; then 1e-3 from the best averaged weights, seed 8', arithmetic='bfloat16 products, float32 states and weights', averaged_weights=.998),
        validation=dict(onset_ap=best['onset_ap'], frame_ap=best['frame_ap'], **decoder['validation']), scores=scores)
    with open(f'{model_dir}/provenance.json', 'w') as file:
        json.dump(provenance, file, indent=1, default=float)
    for name, seed, source, style in (('piano', 901, 'gervill', 'pianist'), ('quartet', 902, 'own', 'choral')):
        pcm, notes = case(seed, source, 5.0, style)
        save_file(golden(net, decoder['settings'], pcm, notes), f'{golden_dir}/{name}.safetensors')
        print(name, len(pcm), len(notes), os.path.getsize(f'{golden_dir}/{name}.safetensors'))
    shutil.copy(f'{os.path.dirname(os.path.abspath(__file__))}/golden.md', f'{golden_dir}/README.md')
