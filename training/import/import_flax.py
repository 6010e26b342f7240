"""Turns a flax tree, a msgpack file or an orbax directory, into a model directory; names are paths joined by '/'."""
import os
import sys

import model_directory as md

COLLECTIONS = ('params', 'batch_stats')
TRAINING = ('opt_state', 'step')                         # of a TrainState: no weights
EXAMPLE = """example:
  python import_flax.py state.msgpack models/listops/1 --family lru --config hparams.json

Of the tree's collections params and batch_stats go in. opt_state and step are left out; others only with --skip, such as 'ema/*'."""


def restore(path):
    """A file of flax.serialization.to_bytes / msgpack_serialize, or a directory of orbax -> nested dicts."""
    if os.path.isdir(path):
        import orbax.checkpoint as ocp
        try:
            return ocp.PyTreeCheckpointer().restore(os.path.abspath(path))
        except (OSError, ValueError, KeyError) as e:
            raise md.Refused(f"Cannot read {path}: {e}. Expected a checkpoint of orbax's PyTree: name the directory of one step or item.") from e
    from flax.serialization import msgpack_restore
    try:
        with open(path, 'rb') as file:
            return msgpack_restore(file.read())
    except (OSError, ValueError, TypeError) as e:
        raise md.Refused(f'Cannot read {path}: {e}. Expected a file of flax.serialization.to_bytes, or a directory of orbax.') from e


def flatten(tree, path=()):
    """Nested dicts and lists -> (name, leaf)."""
    if isinstance(tree, (dict, list, tuple)):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from flatten(value, path + (str(key),))
    elif tree is not None:
        yield '/'.join(path), tree


def main(argv):
    parser = md.arguments(__doc__, 'msgpack file, or directory of orbax', EXAMPLE)
    parser.add_argument('--key', default='', help="path of the collections in the tree, such as 'state'; dots separate levels")
    args = parser.parse_args(argv)
    settings = md.config(args.family, args.config, args.set)
    tree = md.under(restore(args.checkpoint), args.key, args.checkpoint)
    if not isinstance(tree, dict) or 'params' not in tree:
        held = ', '.join(str(k) for k in list(tree)[:20]) if isinstance(tree, dict) else type(tree).__name__
        raise md.Refused(f"{args.checkpoint} holds no collection 'params'; it holds {held}. Say with --key where params stands.")
    leaves = dict(flatten(tree))
    skipped = md.skipped(leaves, args.skip)
    left = [k for k in TRAINING if k in tree]
    kept = [name for name in leaves if name not in skipped and name.partition('/')[0] not in left]
    unknown = [name for name in kept if name.partition('/')[0] not in COLLECTIONS]
    if unknown:
        pattern = unknown[0].partition('/')[0] + ('/*' if '/' in unknown[0] else '')
        raise md.Refused(f"{args.checkpoint} holds what is neither of {' nor of '.join(COLLECTIONS)}: {md.listed(unknown)}. Leave it out with --skip '{pattern}'.")
    if left:
        print('left out: ' + ', '.join(left))
    md.write(args, settings, {name: md.array(name, leaves[name]) for name in kept}, 'flax tree', [args.checkpoint])


if __name__ == '__main__':
    sys.exit(md.run(main, sys.argv[1:]))
