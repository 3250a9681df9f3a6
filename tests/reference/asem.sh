#!/usr/bin/env bash
# `effreg rank` against results that COINr computed: ../shared/reference/asem, described by its README.md and by RATING.md
# section 5. EFFREG_TEST_REFERENCE names another folder. A copy of each reference with one digit changed must be found out.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
effreg=${EFFREG_BUILD:-$root/build}/bin/effreg
asem=${EFFREG_TEST_REFERENCE:-$root/../shared/reference}/asem
work=$(mktemp -d "${TMPDIR:-/tmp}/effreg-reference.XXXXXX")
trap 'rm -rf "$work"' EXIT

files=(asem_indicators asem_meta ref_a_minmax100_amean ref_c_zscore_amean ref_f0_full_example ref_f4_copeland_flat
	stage_treated ua1_weight_sets ua1_replicates ua1_ranks ua1_rankstats)
for file in "${files[@]}"; do
	if [[ ! -r $asem/$file.csv ]]; then
		echo "skip - the results of other software are reproduced: $asem/$file.csv is not here"
		exit 77
	fi
done

min_max='"normalise":{"method":"min-max","range":[0,100]}'
arithmetic='"aggregate":[{"method":"arithmetic"}]'
group_mean='"impute":[{"at":"indicators","method":"group-mean","group":"EurAsia_group"}]'
winsorise='"outliers":{"method":"winsorise","max_points":5,"skew":2,"kurtosis":3.5,"fallback":"log"}'

# methodology NAME STAGES OPTION...: -> $work/NAME.json
methodology() {
	awk -v stages="$2" "${@:3}" -f "$here/methodology.awk" "$asem/asem_meta.csv" >"$work/$1.json"
}

# rank NAME OPTION...: -> $work/NAME.csv
rank() {
	"$effreg" rank --methodology "$work/$1.json" --values "$asem/asem_indicators.csv" "${@:2}" >"$work/$1.csv" \
		2>"$work/$1.notes"
}

# tampered FILE: with the last digit of its last line but one changed -> $work/tampered.csv
tampered() {
	awk '{ lines[NR] = $0 }
		END {
			sub(/[0-9]$/, (substr(lines[NR - 1], length(lines[NR - 1])) + 1) % 10, lines[NR - 1])
			for (i = 1; i <= NR; i++) print lines[i]
		}' <(tr -d '\r' <"$1") >"$work/tampered.csv"
	! cmp -s <(tr -d '\r' <"$1") "$work/tampered.csv"
}

# check SENTENCE REFERENCE COMPUTED OPTION...: options of compare.awk
check() {
	local verdict=0
	awk "${@:4}" -f "$here/compare.awk" "$2" "$3" >"$work/verdict" || verdict=$?
	if ((verdict == 0)); then
		echo "ok - $1"
	else
		echo "not ok - $1"
	fi
	cat "$work/verdict"
	if tampered "$2" && ! awk "${@:4}" -f "$here/compare.awk" "$work/tampered.csv" "$3" >/dev/null; then
		echo "ok - one digit changed in ${2##*/} is found"
	else
		echo "not ok - one digit changed in ${2##*/} is found"
	fi
}

places=(-v ranks=Rank -v names=Rank=rank)

methodology a "$min_max,$arithmetic"
rank a
check "min-max and arithmetic means" "$asem/ref_a_minmax100_amean.csv" "$work/a.csv" "${places[@]}"

methodology c "\"normalise\":{\"method\":\"z-score\"},$arithmetic"
rank c
check "z-scores and arithmetic means" "$asem/ref_c_zscore_amean.csv" "$work/c.csv" "${places[@]}"

methodology f0 "$group_mean,$winsorise,$min_max,$arithmetic" -v denominate=1
rank f0
check "denominators, group means and outliers" "$asem/ref_f0_full_example.csv" "$work/f0.csv" "${places[@]}"

methodology treated "$group_mean,$winsorise,\"normalise\":{\"method\":\"none\"},$arithmetic" -v denominate=1 -v own=1 \
	-v higher=1
rank treated
sed -i '1s/t_//g' "$work/treated.csv"
check "every value after the outlier stage" "$asem/stage_treated.csv" "$work/treated.csv"

methodology f4 "$group_mean,\"normalise\":{\"method\":\"min-max\",\"range\":[1,100]},\"aggregate\":[{\"method\":\"copeland\"}]" \
	-v flat=Copeland -v denominate=1
rank f4
check "flat Copeland over all indicators" "$asem/ref_f4_copeland_flat.csv" "$work/f4.csv" \
	-v "ranks=Rank Copeland" -v names=Rank=rank

rank f0 --weight-sets "$asem/ua1_weight_sets.csv" --ranks-out "$work/sets.csv"
# The row of each replicate is that of the set it drew.
awk -F, '
	FNR == 1 { file++ }
	file == 1 { row[$1] = $0; if (FNR == 1) { sub(/^set/, "rep"); print } next }
	FNR > 1 { gsub(/\r/, ""); line = row[$2]; sub(/^[^,]*/, $1, line); print line }
	' "$work/sets.csv" "$asem/ua1_replicates.csv" >"$work/replicates.csv"
check "all ranks of 2,000 sets of weights" "$asem/ua1_ranks.csv" "$work/replicates.csv" \
	-v "ranks=$(head -1 "$asem/ua1_ranks.csv" | tr -d '\r' | tr ',' ' ')"

"$effreg" rank --methodology "$work/f0.json" --values "$asem/asem_indicators.csv" --threads 2 \
	--weight-sets "$asem/ua1_weight_sets.csv" --ranks-out "$work/sets2.csv" >/dev/null 2>&1
if cmp -s "$work/sets.csv" "$work/sets2.csv"; then
	echo "ok - two threads give the same ranks"
else
	echo "not ok - two threads give the same ranks"
fi
