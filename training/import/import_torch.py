"""Turns a PyTorch checkpoint into a model directory; tensors keep the names of its state dict."""
import pickle
import sys

import torch

import model_directory as md

EXAMPLE = """example:
  python import_torch.py chordmixer.pt models/adding/1 --family chordmixer --config hparams.json --key model_state_dict"""


def tensors(state, strip, skip, where):
    """State dict -> arrays under the same names, without those of `skip` and the prefix `strip`."""
    if not isinstance(state, dict):
        raise md.Refused(f'{where} holds {type(state).__name__}, expected a state dict: save model.state_dict(), not the model.')
    left = md.skipped(state, skip)
    state = {k: v for k, v in state.items() if str(k) not in left}
    inner = [str(k) for k, v in state.items() if isinstance(v, dict)]
    other = [str(k) for k, v in state.items() if not isinstance(v, torch.Tensor)]
    if other:
        hint = f"choose one with --key, such as --key {inner[0]} (dicts in it: {', '.join(inner)})" if inner else 'save model.state_dict() alone'
        raise md.Refused(f"{where} is not a state dict: '{other[0]}' is no tensor; {hint}, or leave it out with --skip.")
    out = {}
    for name, value in state.items():
        if not name.startswith(strip):
            raise md.Refused(f"Tensor '{name}' does not begin with --strip '{strip}'; correct --strip, or leave the tensor out with --skip.")
        value = value.detach().cpu()
        out[name[len(strip):]] = md.array(name, (value.float() if value.dtype == torch.bfloat16 else value).numpy())
    return out


def main(argv):
    parser = md.arguments(__doc__, 'file of torch.save', EXAMPLE)
    parser.add_argument('--key', default='', help="path of the state dict in the checkpoint, such as 'state_dict'; dots separate levels")
    parser.add_argument('--strip', default='', help="prefix to take off every name, such as 'module.'")
    args = parser.parse_args(argv)
    settings = md.config(args.family, args.config, args.set)
    try:
        saved = torch.load(args.checkpoint, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as e:
        raise md.Refused(f'{args.checkpoint} holds more than tensors, and is not run to find out what: save model.state_dict() alone. ({str(e).splitlines()[0]})') from e
    except (OSError, RuntimeError, EOFError) as e:
        raise md.Refused(f'Cannot read {args.checkpoint}: {e}. Expected a file of torch.save.') from e
    state = md.under(saved, args.key, args.checkpoint)
    md.write(args, settings, tensors(state, args.strip, args.skip, args.checkpoint), 'torch state dict', [args.checkpoint])


if __name__ == '__main__':
    sys.exit(md.run(main, sys.argv[1:]))
