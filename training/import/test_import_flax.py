"""Golden weights as flax and orbax checkpoints come back tensor by tensor: python -m unittest test_import_flax."""
import json
import os
import tempfile
import unittest

import orbax.checkpoint as ocp
from flax.serialization import msgpack_serialize

import golden_weights as gw
import import_flax


def nested(weights):
    """{'a/b': x} -> {'a': {'b': x}}"""
    tree = {}
    for name, value in weights.items():
        *path, last = name.split('/')
        place = tree
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return tree


class ImportFlax(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def save(self, tree, kind):
        if kind == 'orbax':
            ocp.PyTreeCheckpointer().save(f'{self.folder}/w.{kind}', tree, force=True)
        else:
            with open(f'{self.folder}/w.{kind}', 'wb') as file:
                file.write(msgpack_serialize(tree))
        return f'{self.folder}/w.{kind}'

    def golden_weights_come_back(self, kind, pattern):
        for i, (name, hparams, weights) in enumerate(gw.cases(pattern)):
            with self.subTest(name):
                with open(f'{self.folder}/hparams.json', 'w', encoding='utf-8') as file:
                    json.dump(hparams, file)
                path = self.save({**nested(weights), 'opt_state': {'mu': list(weights.values())[0]}}, kind)
                status, said = gw.call(import_flax, path, f'{self.folder}/{name}/1', '--family', 'lru', '--config', f'{self.folder}/hparams.json', *gw.check(i == 0))
                self.assertEqual(status, 0, said)
                self.assertIn('left out: opt_state', said)
                gw.assert_holds(f'{self.folder}/{name}/1', weights, {'family': 'lru', **hparams})
                if i == 0 and gw.RIFFLE:
                    self.assertIn('loaded: 3 values per step', said)
                    gw.assert_computes(f'{self.folder}/{name}/1', pattern)

    def test_golden_weights_come_back_from_msgpack(self):
        self.golden_weights_come_back('msgpack', 'lru/*.safetensors')

    def test_golden_weights_come_back_from_orbax(self):
        self.golden_weights_come_back('orbax', 'lru/lru-0*.safetensors')

    def test_what_cannot_be_imported_says_why(self):
        _, _, weights = next(gw.cases('lru/lru-01*.safetensors'))
        path = self.save({'state': nested(weights)}, 'msgpack')
        with open(f'{self.folder}/no.msgpack', 'wb') as file:
            file.write(b'\xc1')
        os.mkdir(f'{self.folder}/empty')
        for source, more, expected in (
                (path, [], "no collection 'params'; it holds state. Say with --key"),
                (path, ['--key', 'stat'], "nearest name is 'state'"),
                (f'{self.folder}/no.msgpack', [], 'Cannot read'),
                (f'{self.folder}/none.msgpack', [], 'Cannot read'),
                (f'{self.folder}/empty', [], 'Cannot read')):
            with self.subTest(expected):
                status, said = gw.call(import_flax, source, f'{self.folder}/some/1', '--family', 'lru', '--check', 'files', *more)
                self.assertEqual(status, 1, said)
                self.assertIn(expected, said)
        self.assertEqual(gw.call(import_flax, path, f'{self.folder}/some/1', '--family', 'lru', '--key', 'state', '--check', 'files')[0], 0)
        gw.assert_holds(f'{self.folder}/some/1', weights, {'family': 'lru'})

    def test_what_is_no_weight_is_named_and_skipped(self):
        _, hparams, weights = next(gw.cases('lru/lru-01*.safetensors'))
        with open(f'{self.folder}/hparams.json', 'w', encoding='utf-8') as file:
            json.dump(hparams, file)
        value = next(iter(weights.values()))
        for i, (more, skip, named) in enumerate((
                ({'ema': {'a': value, 'b': {'c': value}}}, 'ema/*', 'ema/a, ema/b/c'),
                ({'cache': value}, 'cache', 'cache'),
                ({'losses': [value, value]}, 'losses/*', 'losses/0, losses/1'))):
            with self.subTest(named):
                path = self.save({**nested(weights), **more}, 'msgpack')
                command = [path, f'{self.folder}/some/{i}', '--family', 'lru', '--config', f'{self.folder}/hparams.json', *gw.check(i == 0)]
                status, said = gw.call(import_flax, *command)
                self.assertEqual(status, 1, said)
                self.assertIn(f": {named}. Leave it out with --skip '{skip}'", said)
                self.assertFalse(os.path.exists(f'{self.folder}/some/{i}'))
                status, said = gw.call(import_flax, *command, '--skip', skip)
                self.assertEqual(status, 0, said)
                gw.assert_holds(f'{self.folder}/some/{i}', weights, {'family': 'lru', **hparams})


if __name__ == '__main__':
    unittest.main()
