#!/bin/sh
# Worlds -> evidence -> weights -> a new version of the shipped model with its golden cases.
# FASTA files, if named, take part in the worlds that train.
set -e
cd "$(dirname "$0")"
models=../../demo/models/read-until
version=1
while [ -e "$models/$version" ]; do version=$((version + 1)); done          # versions are never edited
export OMP_NUM_THREADS=1
mkdir -p build
python data.py build/train.npz 320 1 "$@"
python data.py build/train2.npz 240 2 "$@"
python data.py build/valid.npz 60 99
python data.py build/test.npz 60 123
for family in lru qrnn sum; do
  python train.py build/train.npz,build/train2.npz build/valid.npz build/$family --family $family --steps 1500
done
python evaluate.py build/test.npz build/lru build/qrnn build/sum
python export.py build/lru "$models/$version"
echo "made $models/$version; to ship it name it where version 1 is named (cli, docs)"
