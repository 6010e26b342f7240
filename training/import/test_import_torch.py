"""Golden weights as PyTorch checkpoints come back tensor by tensor: python -m unittest test_import_torch."""
import json
import os
import tempfile
import unittest

import numpy as np
import torch

import golden_weights as gw
import import_torch


class ImportTorch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.hparams = f'{self.folder}/hparams.json'

    def test_golden_weights_come_back(self):
        for family, pattern in (('qrnn', 'qrnn/*.safetensors'), ('chordmixer', 'chordmixer/chord-*.safetensors'), ('rse', 'rse/rse-torch*.safetensors'), ('routing-transformer', 'routing/*.safetensors')):
            for i, (name, hparams, weights) in enumerate(gw.cases(pattern)):
                with self.subTest(name):
                    with open(self.hparams, 'w', encoding='utf-8') as file:
                        json.dump(hparams, file)
                    torch.save({k: torch.from_numpy(v) for k, v in weights.items()}, f'{self.folder}/w.pt')
                    status, said = gw.call(import_torch, f'{self.folder}/w.pt', f'{self.folder}/{name}/1', '--family', family, '--config', self.hparams, *gw.check(i == 0))
                    self.assertEqual(status, 0, said)
                    gw.assert_holds(f'{self.folder}/{name}/1', weights, {'family': family, **hparams})
                    if i == 0 and gw.RIFFLE:
                        self.assertIn('loaded: ', said)
                        gw.assert_computes(f'{self.folder}/{name}/1', pattern)

    def qrnn(self, window, hidden=3, inputs=2):
        """A salesforce QRNN whose layers see the given numbers of inputs -> (state dict, settings)."""
        state = {}
        for layer, k in enumerate(window):
            state[f'layers.{layer}.linear.weight'] = torch.rand(3 * hidden, k * (hidden if layer else inputs))
            state[f'layers.{layer}.linear.bias'] = torch.rand(3 * hidden)
        settings = {'variant': 'salesforce', 'input_size': inputs, 'hidden_size': hidden, 'num_layers': len(window), 'window': window, 'output_gate': True}
        with open(self.hparams, 'w', encoding='utf-8') as file:
            json.dump(settings, file)
        return state, settings

    @unittest.skipUnless(gw.RIFFLE, gw.NO_RIFFLE)
    def test_a_window_of_each_qrnn_layer_is_loaded(self):
        for window in ([2, 1], [1, 2], [2, 1, 2]):
            with self.subTest(window):
                state, settings = self.qrnn(window)
                to = f'{"".join(map(str, window))}/1'
                status, said = self.convert(state, '--config', self.hparams, '--check', 'riffle', to=to)
                self.assertEqual(status, 0, said)
                self.assertIn('loaded: 2 values per step -> 3 values', said)
                gw.assert_holds(f'{self.folder}/{to}', {k: v.numpy() for k, v in state.items()}, {'family': 'qrnn', **settings})
        state, _ = self.qrnn([2, 2])
        status, said = self.convert(state, '--config', self.hparams, '--set', 'window=[2, 1]', '--check', 'riffle')
        self.assertEqual(status, 1)
        self.assertIn('has shape [9, 6], expected [9, 3]', said)

    @unittest.skipUnless(gw.RIFFLE, gw.NO_RIFFLE)
    def test_what_riffle_does_not_load_is_not_written(self):
        state, _ = self.qrnn([2, 1])
        more = {'head.weight': torch.ones(2), 'head.bias': torch.ones(1), 'scale': torch.ones(1)}
        for saved, options, expected in (
                (state, ['--set', 'hidden_size=4'], f"tensor 'layers.0.linear.weight' has shape [9, 4], expected [12, 4]"),
                (state, ['--set', 'mode=fo', '--set', 'variant=other'], "'variant' must be paper, salesforce or lgirrbach"),
                ({k: v for k, v in state.items() if k != 'layers.1.linear.bias'}, [], "holds no tensor 'layers.1.linear.bias'"),
                ({**state, **more}, [], 'does not read 3 of these tensors: head.bias, head.weight, scale'),
                ({**state, **more}, ['--skip', 'head.*'], 'does not read 1 of these tensors: scale')):
            with self.subTest(expected):
                status, said = self.convert(saved, '--config', self.hparams, *options, '--check', 'riffle')
                self.assertEqual(status, 1, said)
                self.assertIn(expected, said)
                self.assertNotIn('.part-', said)
                self.assertEqual(os.listdir(f'{self.folder}/some'), [])
        status, said = self.convert({**state, **more}, '--config', self.hparams, '--skip', 'head.*', '--skip', 'scale', '--check', 'riffle')
        self.assertEqual(status, 0, said)
        with open(f'{self.folder}/some/1/provenance.json', encoding='utf-8') as file:
            self.assertEqual(json.load(file)['imported']['skipped'], ['head.*', 'scale'])

    def test_a_missing_riffle_says_what_to_do(self):
        state, _ = self.qrnn([1])
        status, said = self.convert(state, '--config', self.hparams, '--riffle', f'{self.folder}/none', '--check', 'riffle')
        self.assertEqual(status, 1)
        self.assertIn('cannot be loaded', said)
        self.assertIn('--check files', said)
        self.assertEqual(os.listdir(f'{self.folder}/some'), [])

    def convert(self, saved, *more, to='some/1'):
        torch.save(saved, f'{self.folder}/w.pt')
        return gw.call(import_torch, f'{self.folder}/w.pt', f'{self.folder}/{to}', '--family', 'qrnn', '--check', 'files', *more)

    def test_a_nested_state_dict_a_prefix_views_and_bfloat16(self):
        whole = torch.arange(6.).reshape(2, 3)
        state = {'module.turned': whole.T, 'module.same': whole, 'module.half': torch.tensor([1.5, -2.], dtype=torch.bfloat16), 'module.count': torch.tensor(3)}
        status, said = self.convert({'net': {'state': state}, 'epoch': 3}, '--key', 'net.state', '--strip', 'module.', '--set', 'mode=fo', '--set', 'hidden_size=6')
        self.assertEqual(status, 0, said)
        weights = {'turned': whole.numpy().T, 'same': whole.numpy(), 'half': np.array([1.5, -2], np.float32), 'count': np.array(3)}
        gw.assert_holds(f'{self.folder}/some/1', weights, {'family': 'qrnn', 'mode': 'fo', 'hidden_size': 6})

    def test_what_cannot_be_imported_says_why(self):
        state = {'a.weight': torch.ones(2)}
        for saved, more, expected in (
                ({'state_dict': state, 'epoch': 3}, [], 'such as --key state_dict'),
                ({'state_dict': state}, ['--key', 'state_dct'], "nearest name is 'state_dict'"),
                ([1, 2], [], 'holds list, expected a state dict'),
                (torch.nn.Linear(2, 2), [], 'holds more than tensors'),
                ({'a': torch.ones(2, dtype=torch.complex64)}, [], 'is of type complex64'),
                ({}, [], 'There is no tensor'),
                (state, ['--strip', 'module.'], "'a.weight' does not begin with"),
                (state, ['--skip', 'a.wieght'], "No tensor is named --skip 'a.wieght'; the nearest name is 'a.weight'"),
                (state, ['--skip', 'b.*'], "No tensor is named --skip 'b.*'"),
                (state, ['--skip', '*'], 'There is no tensor'),
                ({**state, 'b': torch.tensor([[1., 2.], [3., float('nan')]])}, [], "Tensor 'b' holds NaN at [1, 1]"),
                (state, ['--set', 'zoneout=NaN'], 'A hyperparameter is NaN'),
                (state, ['--set', 'mode'], 'is not KEY=VALUE'),
                (state, ['--family', 'qrn'], "nearest name is 'qrnn'"),
                (state, ['--config', f'{self.folder}/none.json'], 'Cannot read the hyperparameters'),
                (state, ['--set', 'family=lru'], 'which is it?')):
            with self.subTest(expected):
                status, said = self.convert(saved, *more)
                self.assertEqual(status, 1)
                self.assertIn(expected, said)
                self.assertFalse(os.path.exists(f'{self.folder}/some/1'))

    def test_what_is_skipped_stays_out(self):
        state = {'a.weight': torch.ones(2), 'a.count': torch.tensor(1), 'b.weight': torch.zeros(1), 'epoch': 3}
        for i, (skip, left) in enumerate(((['epoch'], ['a.weight', 'a.count', 'b.weight']), (['epoch', '*.count'], ['a.weight', 'b.weight']), (['epoch', 'a.*'], ['b.weight']))):
            with self.subTest(skip):
                status, said = self.convert(state, *(x for s in skip for x in ('--skip', s)), to=f'some/{i}')
                self.assertEqual(status, 0, said)
                self.assertIn('not loaded: check it with', said)
                gw.assert_holds(f'{self.folder}/some/{i}', {k: state[k].numpy() for k in left}, {'family': 'qrnn'})

    def test_a_file_that_is_no_checkpoint_is_refused(self):
        with open(f'{self.folder}/w.pt', 'wb') as file:
            file.write(b'not a checkpoint')
        status, said = gw.call(import_torch, f'{self.folder}/w.pt', f'{self.folder}/some/1', '--family', 'qrnn')
        self.assertEqual(status, 1)
        self.assertIn('w.pt', said)

    def test_a_version_is_written_once(self):
        self.assertEqual(self.convert({'a': torch.ones(2)})[0], 0)
        status, said = self.convert({'a': torch.zeros(2)})
        self.assertEqual(status, 1)
        self.assertIn('A version is written once', said)
        gw.assert_holds(f'{self.folder}/some/1', {'a': np.ones(2, np.float32)}, {'family': 'qrnn'})


if __name__ == '__main__':
    unittest.main()
