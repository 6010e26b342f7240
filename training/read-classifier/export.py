"""Writes the read classifier as the product reads it, with a golden case of its own.

python export.py RUN_DIR OUT_DIR     OUT_DIR is new and ends with the version
"""
import datetime
import hashlib
import json
import os
import shutil
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

import genomes
from chordmixer import layers
from evaluate import load
from train import AVERAGE, EARLY, LATE

GOLDEN_LENGTHS = (700, 1, 2, 256, 257, 3000, 200)              # in no order: 0 to 12 blocks in one batch


def config(model, saved, version):
    s = model.sizes
    return dict(
        family='chordmixer', version=version, input_size=s['inputs'], output_size=s['outputs'], max_seq_len=s['longest'], track_size=s['track'],
        hidden_size=s['hidden'], embedding_type='sparse', decoder='linear', prenorm='LN', norm='None', var_len=True,
        alphabet=genomes.ALPHABET, labels=saved['taxa'])


def case(model, taxa):
    """Reads of several lengths one behind the other, and what the network says of each alone in float64."""
    source = genomes.Reads(taxa, 'test', 99)
    reads = [source.draw(n, i % len(taxa))[0] for i, n in enumerate(GOLDEN_LENGTHS)]
    reads[0][:5] = 0                                           # some N
    exact = model.double()
    with torch.no_grad():
        y = torch.cat([exact(torch.from_numpy(read).long()[None]) for read in reads])
    return dict(input=np.concatenate(reads), lengths=np.array([len(read) for read in reads], np.int64), output_f64=y.numpy())


def rounds(saved):
    """Of training, the first one first."""
    return ([] if not saved.get('earlier') else rounds(saved['earlier'])) + [saved]


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def main():
    run, out = sys.argv[1:3]
    os.makedirs(f'{out}/golden')
    model, saved = load(run)
    save_file({k: v.numpy().copy() for k, v in model.state_dict().items()}, f'{out}/model.safetensors')
    with open(f'{out}/config.json', 'w') as file:
        json.dump(config(model, saved, int(os.path.basename(os.path.abspath(out)))), file, indent=1)
        file.write('\n')
    with open(f'{run}/scores.json') as file:
        scores = json.load(file)
    a = saved['arguments']
    provenance = dict(
        model='read-classifier ' + os.path.basename(os.path.abspath(out)), date=str(datetime.date.today()), parameters=sum(p.numel() for p in model.parameters()),
        sha256={name: digest(f'{out}/{name}') for name in ('model.safetensors', 'config.json')},
        data=dict(
            taxa=saved['taxa'], made_up=None if a['only_references'] else dict(
                by='../annotator/synthetic.py', genera=genomes.GENERA, strain=genomes.STRAIN, genomes_of_a_taxon=genomes.COUNTS, bases_of_a_genome=a['genome'],
                split='by genome: none of validation or test was seen in training'),
            references=dict(files=[os.path.basename(path) for path in a['references']], split='by position: 60 % train, 15 % validation, 25 % test') if a['references'] else None,
            reads='both strands; errors of 0.5 to 8 % of the bases: substitutions 40 %, deletions 40 %, insertions 20 %'),
        training=dict(
            rounds=[dict(steps=r['step'], of=r['arguments']['steps'], rate=r['arguments']['rate'], seed=r['arguments']['seed'], reads=r['reads'], bases=r['bases'],
                         cpu_seconds=r['cpu_seconds']) for r in rounds(saved)],
            lengths=f'log-uniform, {genomes.SHORTEST} to {EARLY}, from {LATE} of the steps on to {genomes.LONGEST}',
            method='AdamW, cosine', arithmetic='bfloat16 products, float32 weights', averaged_weights=AVERAGE),
        test=scores)
    with open(f'{out}/provenance.json', 'w') as file:
        json.dump(provenance, file, indent=1)
        file.write('\n')
    golden = case(model, genomes.taxa(a['genome'], a['references'], a['only_references']))
    save_file({k: np.ascontiguousarray(v) for k, v in golden.items()}, f'{out}/golden/reads.safetensors')
    shutil.copy(f'{os.path.dirname(os.path.abspath(__file__))}/golden.md', f'{out}/golden/README.md')
    print({k: v.shape for k, v in golden.items()}, 'blocks', [layers(n) for n in golden['lengths']],
          {name: os.path.getsize(f'{out}/{name}') for name in ('model.safetensors', 'golden/reads.safetensors')})


if __name__ == '__main__':
    main()
