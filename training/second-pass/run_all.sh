#!/bin/sh
# Music -> what the first pass hears -> weights -> threshold -> a new version of the shipped second pass with its golden case.
# Folders of labelled recordings, if named, are scored at the end.
set -e
cd "$(dirname "$0")"
first=../../demo/models/lru-transcriber/1
models=../../demo/models/rse-second-pass
version=1
while [ -e "$models/$version" ]; do version=$((version + 1)); done          # versions are never edited
export OMP_NUM_THREADS=1 MALLOC_ARENA_MAX=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=536870912
python data.py "$first" build/data
python train.py build/data build/run --steps 5429
python evaluate.py tune "$first" build/data build/run
python export.py "$first" build/run "$models/$version"
[ $# -eq 0 ] || python evaluate.py score "$first" build/run "$@"
echo "made $models/$version; to ship it name it where version 1 is named (demo, README, docs/options.md)"
