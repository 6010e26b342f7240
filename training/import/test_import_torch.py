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
            for name, hparams, weights in gw.cases(pattern):
                with self.subTest(name):
                    with open(self.hparams, 'w', encoding='utf-8') as file:
                        json.dump(hparams, file)
                    torch.save({k: torch.from_numpy(v) for k, v in weights.items()}, f'{self.folder}/w.pt')
                    status, said = gw.call(import_torch, f'{self.folder}/w.pt', f'{self.folder}/{name}/1', '--family', family, '--config', self.hparams)
                    self.assertEqual(status, 0, said)
                    gw.assert_holds(f'{self.folder}/{name}/1', weights, {'family': family, **hparams})

    def convert(self, saved, *more, to='some/1'):
        torch.save(saved, f'{self.folder}/w.pt')
        return gw.call(import_torch, f'{self.folder}/w.pt', f'{self.folder}/{to}', '--family', 'qrnn', *more)

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
                (state, ['--set', 'mode'], 'is not KEY=VALUE'),
                (state, ['--family', 'qrn'], "nearest name is 'qrnn'"),
                (state, ['--config', f'{self.folder}/none.json'], 'Cannot read the hyperparameters'),
                (state, ['--set', 'family=lru'], 'which is it?')):
            with self.subTest(expected):
                status, said = self.convert(saved, *more)
                self.assertEqual(status, 1)
                self.assertIn(expected, said)
                self.assertFalse(os.path.exists(f'{self.folder}/some/1'))

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
