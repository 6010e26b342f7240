"""What the importers' tests share: weights of golden cases, and a model directory held against them."""
import contextlib
import glob
import hashlib
import io
import json
import os
import shutil
import subprocess
import tempfile

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import model_directory as md

RIFFLE = os.path.exists(md.RIFFLE) and shutil.which('java') is not None
NO_RIFFLE = 'SKIPPED ALOUD: no Java, so that Riffle cannot load what the importers write'
GOLDENS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'models', 'goldens')


def cases(pattern):
    """Golden files -> (name, hyperparameters, weights): every tensor that is neither input nor recorded value."""
    files = sorted(glob.glob(os.path.join(GOLDENS, pattern)))
    assert files, pattern
    for file in files:
        with safe_open(file, 'np') as tensors:
            case = json.loads(tensors.metadata()['case'])
            weights = {k: tensors.get_tensor(k) for k in tensors.keys() if k not in case['io_tensors']}
        yield case['case'], case['hparams'], weights


def call(importer, *argv):
    """Runs an importer -> (exit status, what it said)."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = md.run(importer.main, [str(a) for a in argv])
    return status, said.getvalue()


def check(first):
    """--check of a golden case: Riffle loads the first of a pattern, if it is there; a JVM for each would take minutes."""
    return ['--check', 'riffle' if first and RIFFLE else 'files']


def assert_computes(directory, pattern):
    """The written weights compute the recorded values of the first golden case of a pattern."""
    file = sorted(glob.glob(os.path.join(GOLDENS, pattern)))[0]
    with safe_open(file, 'np') as golden, tempfile.TemporaryDirectory() as folder:
        case = json.loads(golden.metadata()['case'])
        recorded = {k: golden.get_tensor(k) for k in golden.keys() if k in case['io_tensors']}
        copy = os.path.join(folder, os.path.basename(file))
        save_file({**load_file(f'{directory}/model.safetensors'), **recorded}, copy, golden.metadata())
        done = subprocess.run([md.RIFFLE, 'verify', copy], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def assert_holds(directory, weights, settings):
    """The model directory holds exactly these tensors and settings, and its hashes are right."""
    found = load_file(f'{directory}/model.safetensors')
    assert sorted(found) == sorted(weights), sorted(set(found) ^ set(weights))
    for name, value in weights.items():
        assert found[name].dtype == value.dtype and found[name].shape == value.shape, name
        np.testing.assert_array_equal(found[name], value, name)
    with open(f'{directory}/config.json', encoding='utf-8') as file:
        assert json.load(file) == settings
    with open(f'{directory}/provenance.json', encoding='utf-8') as file:
        hashes = json.load(file)['sha256']
    assert sorted(hashes) == ['config.json', 'model.safetensors']
    for name, promised in hashes.items():
        with open(f'{directory}/{name}', 'rb') as file:
            assert hashlib.sha256(file.read()).hexdigest() == promised, name
