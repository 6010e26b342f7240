#!/bin/sh
# Synthetic genomes -> weights -> scores -> a new version of the shipped read classifier with its golden case.
# FASTA files, if named, are a second classifier: trained and scored, not exported.
set -e
cd "$(dirname "$0")"
models=../../demo/models/read-classifier
version=1
while [ -e "$models/$version" ]; do version=$((version + 1)); done          # versions are never edited
export OMP_NUM_THREADS=1
python train.py build/first --rate 3e-3 --stop 3000
python train.py build/run --begin build/first --seed 8 --rate 2e-3 --steps 1500 --stop 1000
python evaluate.py build/run
python export.py build/run "$models/$version"
if [ $# -gt 0 ]; then
  python train.py build/references --begin build/first --rate 2e-3 --steps 500 --only-references --references "$@"
  python evaluate.py build/references --references "$@"
fi
echo "made $models/$version; to ship it name it where version 1 is named (demo/jobs, docs)"
