#!/bin/sh
# The golden cases of a model, made from seeds, and checked by a second implementation.   sh make_golden.sh MODEL_DIR OUT_DIR
set -e
model=$(realpath "$1"); mkdir -p "$2"; out=$(realpath "$2")
cd "$(dirname "$0")"
python golden_sequences.py "$out"
python golden.py "$model" "$out" case-1 11 "$out/case-1.fasta"
python golden.py "$model" "$out" case-2 4 "$out/case-2.fasta"
python check_spec.py "$model" "$out/case-1"
python check_spec.py "$model" "$out/case-2"
