"""Turns a TensorFlow checkpoint, such as Residual Shuffle-Exchange's, into a model directory under its variables' names."""
import glob
import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import tensorflow as tf  # noqa: E402 (after its log level)

import model_directory as md

EXAMPLE = """example:
  python import_tensorflow.py run/varWeights.ckpt models/musicnet/1 --family rse --set variant=tf-musicnet --config hparams.json

CHECKPOINT is the prefix that varWeights.ckpt.index and varWeights.ckpt.data-... share. A variable below another one is a
slot of the optimiser (x/RAdam, x/RAdam_1 of x) and left out."""


def tensors(reader, strip, skip):
    """Variables that are no slots -> arrays."""
    names = reader.get_variable_to_shape_map()
    skip = md.skipped(names, skip)
    out, left = {}, []
    for name in sorted(names):
        if name.rpartition('/')[0] in names or name in skip:
            left.append(name)
        elif not name.startswith(strip):
            raise md.Refused(f"Variable '{name}' does not begin with --strip '{strip}'; add --skip {name} or correct --strip.")
        else:
            out[name[len(strip):]] = md.array(name, reader.get_tensor(name))
    if left:
        print(f'left out: {len(left)} slots and skipped variables')
    return out


def main(argv):
    parser = md.arguments(__doc__, 'prefix of the checkpoint', EXAMPLE)
    parser.add_argument('--strip', default='', help="prefix to take off every name, such as 'var_lengths/'")
    args = parser.parse_args(argv)
    settings = md.config(args.family, args.config, args.set)
    files = sorted(glob.glob(glob.escape(args.checkpoint) + '.index') + glob.glob(glob.escape(args.checkpoint) + '.data-*'))
    if len(files) < 2:
        raise md.Refused(f'{args.checkpoint} is not a checkpoint: expected {args.checkpoint}.index and .data-00000-of-00001, found {", ".join(files) or "neither"}. Give the prefix, without .index.')
    try:
        reader = tf.train.load_checkpoint(args.checkpoint)
        out = tensors(reader, args.strip, args.skip)
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as e:
        raise md.Refused(f'Cannot read {args.checkpoint}: {e}. Is a part of it cut off?') from e
    md.write(args, settings, out, 'TensorFlow checkpoint', files)


if __name__ == '__main__':
    sys.exit(md.run(main, sys.argv[1:]))
