#!/bin/sh
# Makes the models of this folder with Debian's fastText program; writes beside itself.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
i=0
while [ $i -lt 900 ]; do
  echo "__label__$((i % 3)) word$((i % 300)) thing$((i % 7)) of$((i % 3))"
  i=$((i + 1))
done >"$scratch/texts"
common="-input $scratch/texts -thread 1 -minCount 1 -lr 0.5 -verbose 0"
# Words alone; pairs of words and letters in 90 buckets; the same quantised and pruned; a tree of labels; vectors of words.
fasttext supervised $common -dim 4 -output plain
fasttext supervised $common -dim 5 -wordNgrams 2 -minn 2 -maxn 3 -bucket 90 -output grams
cp grams.bin pruned.bin
fasttext quantize -input "$scratch/texts" -qnorm -cutoff 330 -dsub 2 -output pruned
fasttext supervised $common -dim 4 -loss hs -output ranked
fasttext skipgram $common -dim 4 -bucket 60 -epoch 1 -output words
rm ./*.vec pruned.bin
