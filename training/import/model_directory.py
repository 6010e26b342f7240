"""What the three importers share: their arguments, and writing <name>/<version>/."""
import argparse
import datetime
import difflib
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile

import numpy as np
from safetensors.numpy import save

FAMILIES = ('lru', 'qrnn', 'rse', 'chordmixer', 'routing-transformer')


class Refused(Exception):
    """What cannot be imported; the message says why, and what to do."""


def arguments(description, checkpoint, epilog):
    """The parser with what every importer takes."""
    parser = argparse.ArgumentParser(description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('checkpoint', help=checkpoint)
    parser.add_argument('model', help='directory to write: <name>/<version>; must not be there yet')
    parser.add_argument('--family', required=True, help='one of ' + ', '.join(FAMILIES))
    parser.add_argument('--config', help='JSON file of an object with the hyperparameters')
    parser.add_argument('--set', action='append', default=[], metavar='KEY=VALUE', help='one hyperparameter, over --config; VALUE is JSON or else text; may be repeated')
    return parser


def nearest(name, names):
    close = difflib.get_close_matches(name, list(names), 1, 0)
    return f"; the nearest name is '{close[0]}'" if close else ''


def config(family, file, settings):
    """config.json as a dict."""
    if family not in FAMILIES:
        raise Refused(f"There is no family '{family}'{nearest(family, FAMILIES)}; known are {', '.join(FAMILIES)}.")
    out = {}
    if file:
        try:
            with open(file, encoding='utf-8') as text:
                out = json.load(text)
        except (OSError, ValueError) as e:
            raise Refused(f'Cannot read the hyperparameters from {file}: {e}. Expected a JSON object such as {{"d_model": 16}}.') from e
        if not isinstance(out, dict):
            raise Refused(f'{file} holds {type(out).__name__}, expected a JSON object such as {{"d_model": 16}}.')
    for setting in settings:
        key, equals, value = setting.partition('=')
        if not key or not equals:
            raise Refused(f"--set '{setting}' is not KEY=VALUE, such as --set d_model=16.")
        try:
            out[key] = json.loads(value)
        except ValueError:
            out[key] = value
    if out.get('family', family) != family:
        raise Refused(f"The hyperparameters name the family '{out['family']}', --family says '{family}'; which is it?")
    return {'family': family, **out}


def under(tree, key, where):
    """The part of nested dicts at key 'a.b'; '' is all of it."""
    for part in key.split('.') if key else []:
        if not isinstance(tree, dict) or part not in tree:
            names = [str(k) for k in tree] if isinstance(tree, dict) else []
            raise Refused(f"{where} has no '{part}' of --key {key}{nearest(part, names)}; it holds {', '.join(names[:20]) or 'no names'}.")
        tree = tree[part]
    return tree


def array(name, value):
    """One tensor as numpy keeps it in safetensors."""
    value = np.asarray(value)
    if str(value.dtype) == 'bfloat16':
        value = value.astype(np.float32)                 # exact
    if value.dtype.kind not in 'fiub' or value.dtype.itemsize > 8:
        raise Refused(f"Tensor '{name}' is of type {value.dtype}, expected real numbers, whole numbers or booleans; save complex numbers as two tensors.")
    return np.ascontiguousarray(value.astype(value.dtype.newbyteorder('='))).reshape(value.shape)


def digest(path):
    """sha-256 of a file, or over the names and hashes of a directory's files."""
    total = hashlib.sha256()
    if os.path.isdir(path):
        for folder, folders, files in os.walk(path):
            folders.sort()
            for file in sorted(files):
                full = os.path.join(folder, file)
                total.update(f'{os.path.relpath(full, path)} {digest(full)}\n'.encode())
    else:
        with open(path, 'rb') as content:
            for block in iter(lambda: content.read(1 << 20), b''):
                total.update(block)
    return total.hexdigest()


def write(directory, settings, tensors, kind, sources):
    """Writes the three files beside their place, then moves them there: all of a version or nothing."""
    directory = os.path.abspath(directory)
    name, version = os.path.basename(os.path.dirname(directory)), os.path.basename(directory)
    if os.path.exists(directory):
        raise Refused(f'{directory} is there already. A version is written once; choose a new one.')
    if not re.fullmatch(r'[0-9A-Za-z][\w.-]*', version) or not name:
        raise Refused(f"'{directory}' is not <name>/<version>, such as models/copier/1.")
    if not tensors:
        raise Refused('There is no tensor to write; does the checkpoint hold weights?')
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    beside = tempfile.mkdtemp(prefix='.part-', dir=os.path.dirname(directory))
    try:
        files = {'config.json': (json.dumps(settings, indent=1) + '\n').encode(), 'model.safetensors': save(tensors)}
        provenance = dict(
            model=f'{name} {version}', date=str(datetime.date.today()), parameters=int(sum(t.size for t in tensors.values())),
            imported=dict(kind=kind, files={os.path.basename(os.path.normpath(path)): digest(path) for path in sources}),
            sha256={file: hashlib.sha256(content).hexdigest() for file, content in files.items()})
        files['provenance.json'] = (json.dumps(provenance, indent=1) + '\n').encode()
        for file, content in files.items():
            with open(os.path.join(beside, file), 'wb') as out:
                out.write(content)
        os.chmod(beside, 0o755)
        os.rename(beside, directory)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    print(f'{directory}: {len(tensors)} tensors, {provenance["parameters"]} numbers')


def run(main, argv):
    """Runs an importer; a refusal is one line and exit status 1."""
    try:
        main(argv)
    except Refused as e:
        print(e, file=sys.stderr)
        return 1
    return 0
