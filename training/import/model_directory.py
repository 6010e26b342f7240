"""What the three importers share: their arguments, and writing <name>/<version>/, which is loaded before it is in its place."""
import argparse
import datetime
import difflib
import fnmatch
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import save

RIFFLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'riffle')
NAMED = 20                                               # names in a message at most
TYPES = {'F64': '<f8', 'F32': '<f4', 'F16': '<f2', 'I64': '<i8', 'I32': '<i4', 'I16': '<i2', 'I8': '|i1',
         'U64': '<u8', 'U32': '<u4', 'U16': '<u2', 'U8': '|u1', 'BOOL': '|b1'}
FAMILIES = ('lru', 'qrnn', 'rse', 'chordmixer', 'routing-transformer')

UNUSED = {                                               # in the references' own checkpoints, and without effect on what they compute
    'chordmixer': ('*.num_batches_tracked',),            # a count of BatchNorm's training
    'rse': ('*.reverse_switch.*',),                      # of torch-a, whose forward pass does not call it
    'routing-transformer': ('*.num_batches_tracked', '*.global_attn.mem_key', '*.global_attn.mem_value', '*.fn.to_q.weight', '*.fn.to_v.weight', 'out.tensor'),
}


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
    parser.add_argument('--skip', action='append', default=[], metavar='TENSOR', help="tensor of the checkpoint to leave out, or a pattern of names such as 'head.*'; may be repeated")
    parser.add_argument('--check', choices=('riffle', 'files'), default='riffle', help='riffle (default): load the model with `riffle model inspect` before it is in its place; files: without Riffle, only read the files back')
    parser.add_argument('--riffle', metavar='FILE', help="the command for --check riffle (default: this checkout's, else the one on the PATH)")
    return parser


def listed(names):
    names = [str(n) for n in names]
    return ', '.join(names[:NAMED]) + (f' and {len(names) - NAMED} more' if len(names) > NAMED else '')


def skipped(names, patterns):
    """The names that --skip leaves out; each pattern must match one."""
    names = [str(n) for n in names]
    out = set()
    for pattern in patterns:
        matched = {n for n in names if n == pattern or fnmatch.fnmatchcase(n, pattern)}
        if not matched:
            raise Refused(f"No tensor is named --skip '{pattern}'{nearest(pattern, names)}.")
        out |= matched
    return out


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


def read_back(directory, settings, tensors):
    """Reads config.json and model.safetensors by their formats, and compares them with what was to be written."""
    def refuse(constant):
        raise Refused(f'A hyperparameter is {constant}, which JSON has no number for. Correct --config or --set.')

    with open(f'{directory}/config.json', encoding='utf-8') as file:
        if json.load(file, parse_constant=refuse) != settings:
            raise Refused('config.json does not hold the hyperparameters that were written; is the disk well?')
    with open(f'{directory}/model.safetensors', 'rb') as file:
        content = file.read()
    end = 8 + struct.unpack('<Q', content[:8])[0]
    header = json.loads(content[8:end])
    header.pop('__metadata__', None)
    if sorted(header) != sorted(tensors):
        raise Refused(f'model.safetensors holds other tensors than were written: {listed(sorted(set(header) ^ set(tensors)))}.')
    covered = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]['data_offsets']):
        begin, stop = entry['data_offsets']
        found = np.frombuffer(content[end + begin:end + stop], TYPES[entry['dtype']])
        wanted = tensors[name]
        same = begin == covered and found.dtype == wanted.dtype and entry['shape'] == list(wanted.shape)
        if not same or found.tobytes() != wanted.tobytes():
            raise Refused(f"Tensor '{name}' reads back as {entry['dtype']} {entry['shape']} at byte {begin}, written as {wanted.dtype} {list(wanted.shape)} at byte {covered}.")
        covered = stop
    if end + covered != len(content):
        raise Refused(f'model.safetensors has {len(content)} bytes, its header accounts for {end + covered}.')


def load(staged, directory, riffle):
    """Loads the model as Riffle loads it; a tensor that neither its family nor the reference uses is refused by name."""
    command = riffle or (RIFFLE if os.path.exists(RIFFLE) else shutil.which('riffle'))
    without = 'Install a JDK 17 or later, name the command with --riffle, or pass --check files to write without loading the model.'
    if not command:
        raise Refused(f'The model cannot be loaded: there is no command riffle. {without}')
    try:
        done = subprocess.run([command, 'model', 'inspect', staged, '--json'], capture_output=True, text=True, check=False)
    except OSError as e:
        raise Refused(f'The model cannot be loaded: {e}. {without}') from e
    if done.returncode:
        said = '\n'.join(line for line in done.stderr.strip().splitlines() if not line.startswith('riffle:   ['))
        hint = f'\n{without}' if 'java' in said.lower() and 'install' in said.lower() else ''
        raise Refused(f'The model was not written, because it does not load:\n{said.replace(staged, directory)}{hint}')
    found = json.loads(done.stdout)
    unknown = [name for name in found['unread'] if not any(fnmatch.fnmatchcase(name, known) for known in UNUSED.get(found['family'], ()))]
    if unknown:
        raise Refused(f"The model does not read {len(unknown)} of these tensors: {listed(unknown)}. Correct the hyperparameters, or leave the tensors out with --skip.")
    return found


def write(args, settings, tensors, kind, sources):
    """Writes the three files beside their place, loads them, then moves them there: all of a version or nothing."""
    directory = os.path.abspath(args.model)
    name, version = os.path.basename(os.path.dirname(directory)), os.path.basename(directory)
    if os.path.exists(directory):
        raise Refused(f'{directory} is there already. A version is written once; choose a new one.')
    if not re.fullmatch(r'[0-9A-Za-z][\w.-]*', version) or not name:
        raise Refused(f"'{directory}' is not <name>/<version>, such as models/copier/1.")
    if not tensors:
        raise Refused('There is no tensor to write; does the checkpoint hold weights?')
    for tensor, value in tensors.items():
        if value.dtype.kind == 'f' and np.isnan(value).any():
            raise Refused(f"Tensor '{tensor}' holds NaN at {[int(i) for i in np.argwhere(np.isnan(value))[0]]}; was it saved from a run that diverged?")
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    beside = tempfile.mkdtemp(prefix='.part-', dir=os.path.dirname(directory))
    try:
        staged = os.path.join(beside, name, version)
        os.makedirs(staged)
        files = {'config.json': (json.dumps(settings, indent=1) + '\n').encode(), 'model.safetensors': save(tensors)}
        provenance = dict(
            model=f'{name} {version}', date=str(datetime.date.today()), parameters=int(sum(t.size for t in tensors.values())),
            imported=dict(kind=kind, skipped=args.skip, files={os.path.basename(os.path.normpath(path)): digest(path) for path in sources}),
            sha256={file: hashlib.sha256(content).hexdigest() for file, content in files.items()})
        files['provenance.json'] = (json.dumps(provenance, indent=1) + '\n').encode()
        for file, content in files.items():
            with open(os.path.join(staged, file), 'wb') as out:
                out.write(content)
        read_back(staged, settings, tensors)
        loaded = load(staged, directory, args.riffle) if args.check == 'riffle' else None
        os.chmod(staged, 0o755)
        os.rename(staged, directory)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    print(f'{directory}: {len(tensors)} tensors, {provenance["parameters"]} numbers')
    if loaded:
        print(f'loaded: {loaded["reads"]} -> {loaded["predictions"]}')
    else:
        print(f'not loaded: check it with `riffle model inspect {args.model}`')


def run(main, argv):
    """Runs an importer; a refusal is one line and exit status 1."""
    try:
        main(argv)
    except Refused as e:
        print(e, file=sys.stderr)
        return 1
    return 0
