"""Golden weights as TensorFlow checkpoints come back variable by variable: python -m unittest test_import_tensorflow."""
import json
import os
import tempfile
import unittest

import import_tensorflow
import tensorflow as tf

import golden_weights as gw

v1 = tf.compat.v1


class ImportTensorFlow(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def save(self, weights, slots=('RAdam', 'RAdam_1')):
        """As RSE's training saves: tf.train.Saver over a graph's variables, each with slots of the optimiser."""
        with tf.Graph().as_default(), v1.Session() as session:
            for name, value in weights.items():
                v1.get_variable(name, initializer=tf.constant(value), use_resource=False)
                for slot in slots:
                    v1.get_variable(f'{name}/{slot}', initializer=tf.zeros(value.shape), use_resource=False)
            session.run(v1.global_variables_initializer())
            return v1.train.Saver().save(session, f'{self.folder}/varWeights.ckpt')

    def test_golden_weights_come_back(self):
        for pattern in ('rse/rse-tf-*.safetensors', 'rse/rse-tok-*.safetensors', 'rse/rse-music-*.safetensors'):
            for i, (name, hparams, weights) in enumerate(gw.cases(pattern)):
                with self.subTest(name):
                    with open(f'{self.folder}/hparams.json', 'w', encoding='utf-8') as file:
                        json.dump(hparams, file)
                    path = self.save(weights)
                    status, said = gw.call(import_tensorflow, path, f'{self.folder}/{name}/1', '--family', 'rse', '--config', f'{self.folder}/hparams.json', *gw.check(i == 0))
                    self.assertEqual(status, 0, said)
                    self.assertIn(f'left out: {2 * len(weights)} slots', said)
                    gw.assert_holds(f'{self.folder}/{name}/1', weights, {'family': 'rse', **hparams})
                    if i == 0 and gw.RIFFLE:
                        self.assertIn('loaded: ', said)
                        gw.assert_computes(f'{self.folder}/{name}/1', pattern)

    def test_what_cannot_be_imported_says_why_and_the_cures_work(self):
        name, _, weights = next(gw.cases('rse/rse-tf-01*.safetensors'))
        path = self.save({'net/' + k: v for k, v in weights.items()} | {'step': next(iter(weights.values()))})
        os.truncate(self.save_beside(path), 10)
        for source, more, expected in (
                (path + '.index', [], 'Give the prefix, without .index'),
                (f'{self.folder}/cut', [], 'Cannot read'),
                (path, ['--strip', 'net/'], "Variable 'step' does not begin with --strip 'net/'; add --skip step"),
                (path, ['--skip', 'stpe'], "nearest name is 'step'"),
                (path, ['--skip', 'nett/*'], "No tensor is named --skip 'nett/*'"),
                (path, ['--skip', '*'], 'There is no tensor')):
            with self.subTest(expected):
                status, said = gw.call(import_tensorflow, source, f'{self.folder}/some/1', '--family', 'rse', '--check', 'files', *more)
                self.assertEqual(status, 1, said)
                self.assertIn(expected, said)
        for i, pattern in enumerate(('step', 'st*', '[!n]*')):
            self.assertEqual(gw.call(import_tensorflow, path, f'{self.folder}/some/{i}', '--family', 'rse', '--strip', 'net/', '--skip', pattern, '--check', 'files')[0], 0)
            gw.assert_holds(f'{self.folder}/some/{i}', weights, {'family': 'rse'})

    def save_beside(self, path):
        """A copy of the checkpoint called cut -> its file of data."""
        for part in ('.index', '.data-00000-of-00001'):
            with open(path + part, 'rb') as read, open(f'{self.folder}/cut{part}', 'wb') as written:
                written.write(read.read())
        return f'{self.folder}/cut.data-00000-of-00001'


if __name__ == '__main__':
    unittest.main()
