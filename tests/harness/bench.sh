# What every bench does: options, CPU time of processes, one value for each repetition, medians, a table or JSON.
# Sourced as the first thing; it brings tests/harness/centre.sh, so everything a bench starts ends with it.
#
# A bench repeats its subject and its baselines in turn, in one run, so that a busy minute of the machine falls on all
# of them; it reports medians, and ratios as the median of the ratios of each repetition.
# shellcheck shell=bash
# shellcheck source=tests/harness/centre.sh
source "$(dirname "${BASH_SOURCE[0]}")/centre.sh"
# shellcheck source=deploy/lib/build.sh
source "$centre_root/deploy/lib/build.sh"

# shellcheck disable=SC2034 # for the benches
bench_tools=${centre_bin%/bin}/tests
bench_json=no
bench_repetitions=5
bench_results=$test_work/bench
mkdir -p "$bench_results"

bench_say() {
	printf '%s\n' "$*" >&2
}

bench_fail() {
	bench_say "${0##*/}: $*"
	exit 1
}

# shellcheck disable=SC2034 # for the benches
# bench_option NAME VALUE: takes the options every bench has; fails for another one. --json is given without a value.
bench_option() {
	case $1 in
	--json) bench_json=yes ;;
	--repetitions) bench_repetitions=$(bench_number "$@") ;;
	*) return 1 ;;
	esac
}

# bench_number NAME VALUE: prints the value when it is a number from 1 on.
bench_number() {
	[[ ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || bench_fail "$1 needs a number from 1 on"
	echo "$2"
}

# With the optimisation and the checks that everything has; not where a caller brings a build of its own.
bench_build() {
	[[ -z ${bench_given_build:-} ]] || return 0
	build_effreg "$centre_root" "${centre_bin%/bin}" -DEFFREG_TESTS=ON || bench_fail "the build failed"
}

# bench_field NAME: the number of that name in JSON on stdin.
bench_field() {
	grep -oE "\"$1\":[0-9.]+" | head -n 1 | cut -d : -f 2
}

# A port of 127.0.0.1 that nobody uses now.
bench_free_port() {
	local port=$((20000 + RANDOM % 10000))
	while ! centre_port_is_free "$port"; do
		port=$((20000 + RANDOM % 10000))
	done
	echo "$port"
}

bench_calculate() {
	awk "BEGIN { printf \"%.6g\", $1 }"
}

# ---- CPU time, in microseconds since the process began: utime + stime of /proc/PID/stat

# bench_ticks PID FIELD...: the sum of fields of the stat, counted from the name in parentheses.
bench_ticks() {
	local stat sum=0 field words
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || { echo 0 && return 0; }
	read -ra words <<<"${stat##*) }"
	for field in "${@:2}"; do
		sum=$((sum + words[field - 3]))
	done
	echo "$sum"
}

bench_ticks_us() {
	echo $(($1 * (1000000 / $(getconf CLK_TCK))))
}

bench_cpu_us() {
	bench_ticks_us "$(bench_ticks "$1" 14 15)"
}

# All of PostgreSQL: its first process with the children it has seen end, and those that live.
bench_postgres_cpu_us() {
	local first child ticks
	first=$(head -n 1 "$centre_home/pg/data/postmaster.pid")
	ticks=$(bench_ticks "$first" 14 15 16 17)
	for child in $(pgrep -P "$first"); do
		ticks=$((ticks + $(bench_ticks "$child" 14 15)))
	done
	bench_ticks_us "$ticks"
}

# ---- results

# bench_keep NAME VALUE: one value of this repetition.
bench_keep() {
	echo "$2" >>"$bench_results/$1"
}

# bench_last NAME: of this repetition.
bench_last() {
	tail -n 1 "$bench_results/$1"
}

bench_median() {
	sort -g "$bench_results/$1" | awk '{ value[NR] = $1 }
		END { printf "%.6g", NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

# bench_members NAME...: "name":median of each, with commas.
bench_members() {
	local name comma=""
	for name in "$@"; do
		printf '%s"%s":%s' "$comma" "$name" "$(bench_median "$name")"
		comma=,
	done
}

# bench_runs NAME...: "name":[value of each repetition] of each, with commas.
bench_runs() {
	local name comma=""
	for name in "$@"; do
		printf '%s"%s":[%s]' "$comma" "$name" "$(paste -sd , "$bench_results/$name")"
		comma=,
	done
}

# bench_row SENTENCE NAME UNIT: a line of the table: median, lowest and highest.
bench_row() {
	printf '%-52s %10s %s\n' "$1" "$(bench_median "$2")" \
		"$3  ($(sort -g "$bench_results/$2" | sed -n '1p') .. $(sort -g "$bench_results/$2" | sed -n '$p'))"
}
