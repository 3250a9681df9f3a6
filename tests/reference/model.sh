#!/usr/bin/env bash
# `effreg rank` against a model in plain Python (model.py, model_confidence.py), written from RATING.md alone: random
# methodologies and values, refused alike or rated alike. EFFREG_TEST_SEED repeats a run, EFFREG_TEST_ROUNDS takes another
# number of cases (400). By hand:
#     tests/reference/model_run.py build/bin/effreg --keep DIR  # the files of the cases that differ
#     tests/reference/model_run.py build/bin/effreg --large     # 33,000 units
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
effreg=${EFFREG_BUILD:-$here/../../build}/bin/effreg

if python3 -B "$here/model_run.py" "$effreg"; then
	echo "ok - random methodologies are rated and refused as RATING.md says"
else
	echo "not ok - random methodologies are rated and refused as RATING.md says"
fi
if EFFREG_TEST_ROUNDS=40 python3 -B "$here/model_run.py" "$effreg" --tamper; then
	echo "ok - one digit changed in what is printed is found"
else
	echo "not ok - one digit changed in what is printed is found"
fi
