#!/usr/bin/env bash
# The benches run, say what they promise to say, and count every row; how fast anything is, is not tested here.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

bench_intake() {
	EFFREG_BUILD=${centre_bin%/bin} "$centre_root/tests/bench/intake" --events 2000 --regions 4 --repetitions 1 "$@"
}

bench_intake_refuses() {
	local status=0
	bench_intake "$@" || status=$?
	((status != 0))
}

says() {
	node -e '
		const said = JSON.parse(require("fs").readFileSync(process.argv[1]));
		if (!(eval(process.argv[2]))) { console.log(JSON.stringify(said)); process.exit(1); }' "$test_work/intake.json" "$1"
}

intake_as_json() {
	bench_intake --json >"$test_work/intake.json"
}

check "the bench of intake runs" intake_as_json
check "it says how large it was" says 'said.events === 2000 && said.event_bytes === 500 && said.regions === 4 && said.repetitions === 1'
check "its rates and ratios are above 0" says '["copy_1_per_s", "copy_4_per_s", "intake_8_per_s", "intake_1_per_s",
	"ratio_copy_8", "ratio_copy_1", "p99_ack_ms"].every((name) => said[name] > 0)'
check "its ratios follow from its rates" says '
	Math.abs(said.ratio_copy_8 - said.intake_8_per_s / Math.max(said.copy_1_per_s, said.copy_4_per_s)) < 1e-3 &&
	Math.abs(said.ratio_copy_1 - said.intake_1_per_s / said.copy_1_per_s) < 1e-3'
check "it says the CPU time of an event on each side" says '["client", "intake", "postgres"].every((side) => said.cpu_us_per_event[side] >= 0)'
check "every part stored every event" says 'said.rows.copy_1 === 2000 && said.rows.copy_4 === 2000 && said.rows.intake_8 === 2004 &&
	said.rows.intake_1 === 2001 && said.rows.latency === 2004'
check "it gives the seconds of each part" says '["copy_1", "copy_4", "intake_8", "intake_1", "latency"].every((part) => said.seconds[part] > 0)'
check "it prints a table as well" bench_intake
check "a number that is none is refused" bench_intake_refuses --events many
check "an unknown option is refused" bench_intake_refuses --fast
