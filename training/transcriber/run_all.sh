#!/bin/sh
# Music -> data -> weights -> decoder settings -> a new version of the shipped model with its golden cases.
# About 45 minutes on two cores. Folders of labelled recordings, if named, are scored into its provenance.
set -e
cd "$(dirname "$0")"
models=../../demo/models/lru-transcriber
version=1
while [ -e "$models/$version" ]; do version=$((version + 1)); done          # versions are never edited
export OMP_NUM_THREADS=2 MALLOC_ARENA_MAX=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=536870912  # reuse memory: 10x fewer page faults
OMP_NUM_THREADS=1 python render.py build/data
python train.py build/data build/first --steps 3695
python train.py build/data build/run --steps 989 --rate 1e-3 --seed 8 --checks 2 --start build/first/best.pt
python evaluate.py tune build/data build/run
[ $# -eq 0 ] || python evaluate.py score build/run "$@"
python export.py build/run "$models/$version"
python reference.py "$models/$version" "$models/$version/golden"
echo "made $models/$version; to ship it name it where version 1 is named (demo, README, docs/options.md)"
