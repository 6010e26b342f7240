#!/bin/sh
# GenBank records -> weights -> thresholds -> a new version of the shipped model with its golden cases.
#   sh run_all.sh GENBANK_DIR WORK_DIR [FASTA_DIR]     (about 12 CPU minutes on one core; CPU_SECONDS=20 for a trial)
set -e
mkdir -p "$2"
gb=$(realpath "$1"); work=$(realpath "$2"); fasta=${3:+$(realpath "$3")}
cd "$(dirname "$0")"
models=../../demo/models/dna-annotator
version=1
while [ -e "$models/$version" ]; do version=$((version + 1)); done          # versions are never edited
model=$models/$version
mkdir -p "$model/golden"
export OMP_NUM_THREADS=1
python train_coding.py "$gb" "$work" "${CPU_SECONDS:-480}"
python fit_calling.py "$gb" "$work" "$model"
python evaluate.py "$gb" "$model" "$work/evaluation.json" $fasta
python extras.py "$gb" "$model" "$work/extras.json"
python provenance.py "$gb" "$work" "$model"
sh make_golden.sh "$model" "$model/golden"
cp golden.md "$model/golden/README.md"
echo "made $model; to ship it name it where version 1 is named (cli, README, docs)"
