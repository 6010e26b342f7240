"""Writes the network as the product reads it, with a golden case of its own.

python export.py RUN_DIR OUT_DIR      OUT_DIR is new and ends with the version
"""
import datetime
import hashlib
import json
import math
import os
import shutil
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

import worlds
from data import BASES, K, READS
from evidence import CONTEXT, STEP, WIDTH, Table
from train import LruNetwork, log_odds

MAX_BASES, RATE = 1800, .01                                   # of SequentialTest.DEFAULTS


def named(net):
    """The weights under the names of minimal-LRU; its kernels are (in, out)."""
    out = {'params/encoder/encoder/kernel': net.encoder.weight.T, 'params/encoder/encoder/bias': net.encoder.bias,
           'params/decoder/kernel': net.decoder.weight.T, 'params/decoder/bias': net.decoder.bias}
    for i, layer in enumerate(net.layers):
        p = f'params/encoder/layers_{i}/'
        for name in ('theta_log', 'nu_log', 'gamma_log', 'B_re', 'B_im', 'C_re', 'C_im', 'D'):
            out[f'{p}seq/{name}'] = getattr(layer, name)
        for name in ('out1', 'out2'):
            out[f'{p}{name}/kernel'] = getattr(layer, name).weight.T
            out[f'{p}{name}/bias'] = getattr(layer, name).bias
        out[f'{p}normalization/scale'], out[f'{p}normalization/bias'] = layer.norm.weight, layer.norm.bias
    return {k: np.ascontiguousarray(v.detach().numpy()) for k, v in out.items()}


def verdicts(odds):
    """Wald's test on log odds (n, T): origin (0 target, 1 rest, 2 limit, 3 ended) and bases (n, 2)."""
    threshold = math.log((1 - RATE) / RATE)
    out = []
    for row in odds:
        for t, z in enumerate(row):
            bases = STEP * (t + 1)
            if abs(z) >= threshold or bases >= MAX_BASES:
                out.append((0 if z >= threshold else 1 if z <= -threshold else 2, bases))
                break
        else:
            out.append((3, STEP * len(row)))
    return np.array(out, np.int32)


def case(net, scale, shift, with_rest, seed):
    """Small references, six reads of 600 bases, some bases of which are unknown -> what is computed of them."""
    rng = np.random.default_rng([17, seed])
    target, rest = worlds.ancestor(rng, 5000), worlds.ancestor(rng, 8000)
    near = worlds.relative(rng, target, .08, .1)
    reads = np.stack([worlds.read(rng, g, 600) for g in ([target], [target], [rest], [rest], [near], [worlds.ancestor(rng, 9000)])])
    reads[1, 100:103] = 4
    reads[4, 0] = 4
    table = Table([target], [rest, near] if with_rest else [], K)
    x = table.features(reads)
    with torch.no_grad():
        odds = scale * log_odds(net(torch.from_numpy(x).transpose(0, 1))).T.numpy() + shift
    letters = np.frombuffer(b'ACGTN', np.uint8)
    out = dict(input_target=letters[target], input_reads=letters[reads], evidence=x, log_odds=odds, verdicts=verdicts(odds))
    if with_rest:
        out['input_rest'] = letters[np.concatenate([rest, [4], near]).astype(int)]
    return {k: np.ascontiguousarray(v) for k, v in out.items()}


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


if __name__ == '__main__':
    run, out = sys.argv[1:3]
    os.makedirs(f'{out}/golden')
    best, summary = torch.load(f'{run}/best.pt'), json.load(open(f'{run}/summary.json'))
    net = LruNetwork()
    net.load_state_dict(best['weights'])
    net.eval()
    save_file(named(net), f'{out}/model.safetensors')
    version = int(os.path.basename(os.path.abspath(out)))
    width, size = net.layers[0].B_re.shape[1], net.layers[0].B_re.shape[0]
    with open(f'{out}/config.json', 'w') as file:
        json.dump(dict(family='read-until', version=version, k=K, step=STEP, word=CONTEXT,
                       lru=dict(d_input=WIDTH, d_model=width, d_hidden=size, n_layers=len(net.layers), d_output=2, pooling='none', norm='layer', prenorm=True),
                       calibration=dict(scale=summary['scale'], shift=summary['shift'])), file, indent=1)
    provenance = dict(
        model=f'read-until {version}', date=str(datetime.date.today()), parameters=sum(p.numel() for p in net.parameters()),
        sha256={name: digest(f'{out}/{name}') for name in ('model.safetensors', 'config.json')},
        data=dict(genomes='made by worlds.py: no genome of nature', references=best.get('references', []), worlds=best['reads'] // READS, reads=best['reads'], bases=BASES,
                  seeds='numpy default_rng([1 or 2 for train, 99 for valid, world])'),
        training=dict(steps=best['steps'], batch=f'{best["batch"]} reads', method='AdamW, cosine', averaged_weights=.99, cpu_seconds=summary['cpu_seconds']),
        validation=dict(columns='accuracy in percent: all worlds, rest given, rest not given; cross entropy', chunks=summary['validation']))
    with open(f'{out}/provenance.json', 'w') as file:
        json.dump(provenance, file, indent=1)
    for name, with_rest, seed in (('with-rest', True, 1), ('without-rest', False, 2)):
        golden = case(net, summary['scale'], summary['shift'], with_rest, seed)
        save_file(golden, f'{out}/golden/{name}.safetensors')
        print(name, {k: v.shape for k, v in golden.items()}, golden['verdicts'].tolist())
    shutil.copy(f'{os.path.dirname(os.path.abspath(__file__))}/golden.md', f'{out}/golden/README.md')
