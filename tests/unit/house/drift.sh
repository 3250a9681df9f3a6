#!/usr/bin/env bash
# What is known twice is compared: options, variables, ports, log events, telemetry and codes in documents, samples
# and scripts against the tables of the code.
#
# Each check is a function that prints one line for each difference under the present folder. The same checks then run
# over copies that were made to differ: a check that cannot fail is a defect.

# shellcheck disable=SC2016 # marks of Markdown are no commands
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
export EFFREG_BUILD=${EFFREG_BUILD:-$root/build}
work=$(mktemp -d "${TMPDIR:-/tmp}/effreg-drift.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The scripts, samples and documents that name things.
texts() {
	{ find deploy proto tests services common README.md .ci \( -name node_modules -o -name .secrets -o -name migrations -o -name house \) \
		-prune -o -type f ! -name '*.json' -print 2>/dev/null || true; } | sort
}

reference() {
	"$PWD/tests/unit/house/reference" "$@"
}

# service_options SERVICE, command_options COMMAND: what the binaries take, asked once; no copy of the tree changes them.
service_options() {
	local kept=$work/options-of-$1
	[[ -e $kept ]] || reference --service-options "$1" >"$kept"
	cat "$kept"
}

command_options() {
	local kept=$work/options-of-${1// /-}-command
	# shellcheck disable=SC2086 # two words are two arguments
	[[ -e $kept ]] || { "$EFFREG_BUILD/bin/effreg" $1 --help --lang en 2>/dev/null | grep -oE '^  --[a-z-]+' | tr -d ' ' || true; } >"$kept"
	cat "$kept"
}

# A list as one word with a blank around each member, for [[ … == *" member "* ]].
members() {
	printf ' '
	tr '\n' ' '
}

# ---- the reference in deploy/README.md

the_reference_is_what_the_code_says() {
	local section
	for section in options environment log-events telemetry; do
		diff <(reference --documented "$section") <(reference "$section") |
			sed -nE "s/^< (.*)/deploy\/README.md, $section, has: \1/p; s/^> (.*)/deploy\/README.md, $section, lacks: \1/p" || true
	done | sed '$a\  mend it with: tests/unit/house/reference --write'
}

# ---- options

# service <TAB> variable, from the compose file; an anchor or a service that runs no effreg-<service> has none.
compose_variables() {
	awk '
		/^  [a-z]+:$/ { service = "" }
		/^    command: \[effreg-[a-z]+\]/ { service = $0; sub(/.*effreg-/, "", service); sub(/\].*/, "", service) }
		/^      EFFREG_[A-Z_]+: / && service != "" { sub(/:$/, "", $1); print service "\t" $1 }
	' deploy/docker-compose.yml deploy/docker-compose.agent.yml
}

# The migrate job is a script: its variables are in deploy/prepare.
containers_set_options_that_exist() {
	local service variable name known last=""
	compose_variables | while IFS=$'\t' read -r service variable; do
		if [[ $service == prepare ]]; then
			grep -q "\$$variable\b\|\${$variable\b" deploy/prepare || echo "migrate sets $variable, which deploy/prepare does not read"
			continue
		fi
		[[ $service == "$last" ]] || known=$(service_options "$service" | cut -f 1 | members)
		last=$service name=${variable#EFFREG_} name=${name,,}
		[[ $known == *" ${name//_/-} "* ]] || echo "$service sets $variable, which is no option of effreg-$service"
	done
}

# What has no default must be given.
containers_give_what_is_required() {
	local service option
	reference --services | while read -r service; do
		service_options "$service" | awk -F '\t' '$2 == "(required)" { print $1 }' | while read -r option; do
			option=${option^^}
			compose_variables | grep -qx "$service"$'\t'"EFFREG_${option//-/_}" ||
				echo "the container of $service lacks EFFREG_${option//-/_}"
		done
	done
}

# The flags of centre_options in deploy/lib/centre.sh, by service.
scripts_give_services_options_that_exist() {
	local service flag known last=""
	awk '
		/^centre_options\(\)/ { inside = 1 }
		inside && /^}/ { inside = 0 }
		inside && /^\t[a-z]+\) / { service = $1; sub(/\)/, "", service) }
		inside && /^\tesac/ { service = "" }
		inside && service != "" { for (i = 1; i <= NF; i++) if ($i ~ /^--[a-z]/) print service "\t" substr($i, 3) }
	' deploy/lib/centre.sh | while IFS=$'\t' read -r service flag; do
		[[ $service == "$last" ]] || known=$(service_options "$service" | cut -f 1 | members)
		last=$service
		[[ $known == *" $flag "* ]] || echo "deploy/lib/centre.sh gives effreg-$service --$flag, which is no option of it"
	done
}

# The longest first, as the words of a pattern.
commands='generate|validate|push|feed|status|migrate (status|up)|migrate|doctor|rank (confidence|explain|robust|what-if|lab|audit)|rank|rating [a-z]+|log [a-z]+|keys token [a-z]+|keys [a-z]+|quarantine [a-z]+|agent [a-z]+|practices [a-z]+|report|sources|indicator|rebuild|import'

# Flags behind "effreg COMMAND" in scripts and documents, to the end of the command.
command_lines() {
	texts | grep -E '\.(md|sh)$|^deploy/(demo|prepare|install)$|^tests/compose/' | xargs -r cat | sed -e ':a' -e '/\\$/{N;s/\\\n//;ba}' |
		grep -oE "\b(centre_)?effreg\"? ($commands)( [^|;>\`)]*)?" |
		sed -E 's/^(centre_)?effreg"? //'
}

scripts_and_documents_give_commands_options_that_exist() {
	local line command flag known words last=""
	command_lines | sort -u | while read -r line; do
		[[ $line =~ ^($commands) ]]
		command=${BASH_REMATCH[1]}
		[[ $command == "$last" ]] || known=$(command_options "$command" | members)
		last=$command
		if [[ $known != *--* ]]; then
			echo "there is no command effreg $command"
			continue
		fi
		read -ra words <<<"$line"
		for flag in "${words[@]}"; do
			[[ $flag =~ ^(--[a-z][a-z-]*) ]] || continue
			[[ $known == *" ${BASH_REMATCH[1]} "* ]] || echo "effreg $command has no ${BASH_REMATCH[1]}: $line"
		done
	done
}

# ---- variables

known_variables() {
	reference options | grep -oE '`EFFREG_[A-Z_]+`' | tr -d '`'
	reference environment | grep -oE '^\| `EFFREG_[A-Z_]+`' | tr -d '|` '
	hand_written_variables
	grep -ohE '(option\(|set\(|COMPILE_DEFINITIONS.*|-D)EFFREG_[A-Z_]+|EFFREG_(VERSION|SOURCE_DIR)' CMakeLists.txt tests/CMakeLists.txt | grep -oE 'EFFREG_[A-Z_]+'
}

# Those of the table that people write: first column, no option.
hand_written_variables() {
	sed -nE '/^\| variable \| of \|/,/^$/p' deploy/README.md | cut -d '|' -f 2 | grep -oE 'EFFREG_[A-Z_]+'
}

# In shell, C (getenv), compose and documents; header guards are no variables, EFFREG_SAMPLE_ is a test's own table.
used_variables() {
	texts | grep -vE '\.h$|^deploy/README\.md$' | xargs -r grep -noE '\bEFFREG_[A-Z_]*[A-Z]\b' |
		grep -vE ':EFFREG_(FILES|SAMPLE_[A-Z]+|[A-Z_]+_H)$' | sed -E 's/^([^:]*:[0-9]+):/\1\t/'
}

every_variable_stands_in_a_table() {
	known_variables | sort -u >"$work/known"
	used_variables | awk -F '\t' -v known="$work/known" '
		BEGIN { while ((getline name < known) > 0) stands[name] = 1 }
		!($2 in stands) { print $1 " names " $2 ", which is in no table" }'
}

no_table_names_a_variable_that_nothing_reads() {
	texts | grep -vE '\.md$' | xargs -r grep -ohE '\bEFFREG_[A-Z_]*[A-Z]\b' | sort -u >"$work/read"
	hand_written_variables | { grep -vxFf "$work/read" || true; } | sed 's/.*/deploy\/README.md names &, which nothing reads/'
}

# ---- ports

# name port: agreed once, said in many places.
ports() {
	cat <<-'TABLE'
	push 5570
	stream 5571
	metric 5572
	query 5573
	rating 5574
	feed 5575
	http 8080
	https 8443
	TABLE
}

# place <TAB> name <TAB> port, wherever one is named.
named_ports() {
	local service
	reference --services | while read -r service; do
		service_options "$service" |
			sed -nE "s/^(push|stream|metric|query|rating|feed)-endpoint\t.*:([0-9]+)\t.*/effreg-$service --help\t\1\t\2/p; s/^(http)\t.*:([0-9]+)\t.*/effreg-$service --help\t\1\t\2/p"
	done
	for service in push feed "rating get"; do
		# shellcheck disable=SC2086 # two words are two arguments
		"$EFFREG_BUILD/bin/effreg" $service --help --lang en |
			sed -nE "s/.*\(EFFREG_([A-Z]+)_ENDPOINT\) \[[^]]*:([0-9]+)\].*/effreg $service --help\t\L\1\t\2/p"
	done
	sed -nE 's/^ +EFFREG_([A-Z]+)_ENDPOINT: [^ ]*:([0-9]+)$/deploy\/docker-compose.yml\t\L\1\t\2/p
		s/^ +EFFREG_(HTTP): [^ ]*:([0-9]+)$/deploy\/docker-compose.yml\t\L\1\t\2/p
		s/^ +- ".*EFFREG_(PUSH|QUERY|FEED|HTTPS)_PORT:-([0-9]+)\}:([0-9]+)"$/deploy\/docker-compose.yml, outside\t\L\1\t\2\ndeploy\/docker-compose.yml, inside\t\L\1\t\3/p
	' deploy/docker-compose.yml
	grep -oE '\b(push|query|feed|HTTPS?) [0-9]{4}\b' deploy/README.md | sed -E 's/^([a-zA-Z]+) ([0-9]+)$/deploy\/README.md\t\L\1\t\2/'
	sed -nE 's/^\| (push|query|feed|event hints)[^|]*\|.*\| ([0-9]+) \|$/proto\/README.md\t\1\t\2/p' proto/README.md | sed 's/event hints/stream/'
	sed -nE '/^servers:/,/^channels:/{s/^  ([a-z]+):$/\1/p;s/^    host: .*:([0-9]+)$/\1/p}' proto/asyncapi.yaml | paste - - |
		sed -E 's/^intake/push/; s/^ranking/query/; s/^notify/feed/; s/^/proto\/asyncapi.yaml\t/'
}

every_port_is_the_agreed_one() {
	named_ports >"$work/ports"
	{
		ports | tr ' ' '\t'
		echo "--"
		cat "$work/ports"
	} | awk -F '\t' '
		$0 == "--" { listed = 1; next }
		!listed { port[$1] = $2; next }
		!($2 in port) { print $1 " names the port of " $2 ", which nobody agreed on"; next }
		$3 != port[$2] { print $1 ": " $2 " is " $3 ", agreed is " port[$2] }'
	local place
	for place in "effreg-intake --help" "effreg-gateway --help" "effreg push --help" deploy/docker-compose.yml deploy/README.md proto/README.md proto/asyncapi.yaml; do
		grep -q "^$place" "$work/ports" || echo "$place names no port: this check reads it wrongly"
	done
}

# ---- logs and telemetry

every_log_event_is_written_somewhere() {
	local id
	reference log-events | sed -nE 's/^\| `([a-z_]+)`.*/\1/p' | while read -r id; do
		grep -rqE "\bLOG_EVENT_$id\b" common services --include='*.c' || echo "nothing writes the log event $id"
	done
}

# A document names an event as `event`: "event":"x" or event=x.
documents_name_log_events_that_exist() {
	local place id
	texts | grep -E '\.(md|sh|yml|yaml|toml)$|^deploy/[a-z]+$' | { xargs -r grep -noE '"event": ?\\?"[a-z_]+|event="?[a-z]+_[a-z_]+' || true; } |
		sed -E 's/^([^:]*:[0-9]+):.*[^a-z_]([a-z_]+)$/\1\t\2/' | while IFS=$'\t' read -r place id; do
		grep -qE "X\($id," common/log.h || echo "$place names the log event $id, which does not exist"
	done
}

every_telemetry_call_names_its_series_in_place() {
	grep -rnE 'telemetry_(count|set|observe)\(' common services --include='*.c' | grep -vE '^common/telemetry\.c:' |
		grep -vE 'telemetry_(count|set|observe)\("effreg_[a-z_]+", *($|")' || true
}

telemetry_names_say_what_they_count() {
	reference --calls | sort -u | awk -F '\t' '
		$2 !~ /^effreg_[a-z_]+$/ { print $2 ": a name is effreg_, letters and _" }
		$1 == "counter" && $2 !~ /_total$/ { print $2 " is a counter: its name ends with _total" }
		$1 != "counter" && $2 ~ /_total$/ { print $2 " is no counter: its name does not end with _total" }
		$1 == "histogram" && $2 !~ /_seconds$/ { print $2 " is a histogram of durations: its name ends with _seconds" }
		$3 !~ /^[A-Z].*\.$/ { print $2 ": the help is no sentence: " $3 }
		$2 in help && help[$2] != $1 $3 { print $2 " has two kinds or two helps" }
		{ help[$2] = $1 $3 }'
}

documents_name_telemetry_that_exists() {
	local name base
	reference --calls | cut -f 2 | sort -u >"$work/telemetry"
	texts | grep -E '\.(md|yml|yaml)$|^deploy/[a-z]+$|^deploy/(prometheus|grafana)/' | { xargs -r grep -ohE '\beffreg_[a-z_]+_(total|seconds|seconds_bucket|seconds_sum|seconds_count|bytes)\b' || true; } |
		sort -u | while read -r name; do
		base=${name%_bucket} base=${base%_sum} base=${base%_count}
		grep -qx "$base" "$work/telemetry" || echo "$name is named in a document, and no code writes it"
	done
}

# ---- who may enter

# domain role, from service.c; the documents say the same.
the_documents_name_the_roles_of_each_domain() {
	grep -oE '\{"(push|query|feed|stream)", "[a-z]+"\}' common/service.c | tr -d '{",}' | sort >"$work/roles"
	[[ -s $work/roles ]] || echo "this check reads common/service.c wrongly"
	sed -nE 's/^\| [a-z (]+\)? \| (DEALER|SUB) \|[^|]*\| `([a-z]+)` \| ([a-z, ]+) \|.*/\2 \3/p' proto/README.md |
		awk '{ gsub(/,/, ""); for (i = 2; i <= NF; i++) print $1, $i }' | sort | { diff - "$work/roles" || true; } |
		sed -nE 's/^< (.*)/proto\/README.md lets in, the code does not: \1/p; s/^> (.*)/the code lets in, proto\/README.md does not: \1/p'
	sed -nE 's/^ +zapDomain: ([a-z]+)$/\1/p; s/^ +roles: \[(.*)\]$/\1/p' proto/asyncapi.yaml | paste - - |
		awk '{ gsub(/,/, ""); for (i = 2; i <= NF; i++) print $1, $i }' | sort | { diff - "$work/roles" || true; } |
		sed -nE 's/^< (.*)/proto\/asyncapi.yaml lets in, the code does not: \1/p; s/^> (.*)/the code lets in, proto\/asyncapi.yaml does not: \1/p'
}

# ---- codes

# codes SECTION: code <TAB> reserved, from the table of a section of proto/README.md.
table_codes() {
	sed -nE "/^### $1 /,/^#/p" proto/README.md | sed '1d' | awk -F '|' '
		/^\| `/ {
			n = split($2, code, ",")
			for (i = 1; i <= n; i++) { gsub(/\(reserved\)|[` ]/, "", code[i]); print code[i] "\t" ($0 ~ /\(reserved/ ? "reserved" : "given") }
		}'
}

query_codes() {
	sed -nE '/^## 8/,/^## 9/p' proto/README.md | tr '\n' ' ' | grep -oE 'Codes: [^{]*' | sed 's/([^)]*)//g; s/\..*//' | grep -oE '`[a-z_]+`' | tr -d '`' | sed 's/$/\tgiven/'
}

# given_codes FILE...: what the code hands out as one, by its form: behind a status, or in a BYE or NACK.
given_codes() {
	cat "$@" | tr -s '\n\t ' ' ' | grep -oE '(STATUS_[A-Z_]+, ?|send_(bye|nack)\([a-z_]+, ?[a-z_]+, ?)"[a-z]+(_[a-z]+)*"' |
		grep -oE '"[a-z_]+"$' | tr -d '"' | sort -u
}

# compare_codes WHERE FILE...: codes on stdin; those given stand in the files as texts, those reserved do not.
compare_codes() {
	local code state
	while IFS=$'\t' read -r code state; do
		if [[ $state == given ]]; then
			grep -qE "\"$code\"" "${@:2}" || echo "proto/README.md, $1: $code is given by no code"
		elif grep -qE "\"$code\"" "${@:2}"; then
			echo "proto/README.md, $1: $code is called reserved, and the code gives it"
		fi
	done
}

the_protocol_names_the_codes_that_are_given() {
	local code events=(common/json*.c common/envelope.c common/schema*.c common/contract.c common/push.c common/stream*.c services/intake/*.c)
	table_codes 4.3 | compare_codes "section 4.3" "${events[@]}"
	table_codes 4.4 | compare_codes "section 4.4" "${events[@]}"
	query_codes | compare_codes "section 8" services/ranking/*.c common/status.c
	{
		table_codes 4.3
		table_codes 4.4
		query_codes
		printf '%s\n' unavailable
	} | cut -f 1 | sort -u >"$work/codes"
	[[ $(wc -l <"$work/codes") -ge 25 ]] || echo "this check reads proto/README.md wrongly: $(tr '\n' ' ' <"$work/codes")"
	given_codes services/intake/*.c services/ranking/ranking_query.c common/push.c | while read -r code; do
		grep -qx "$code" "$work/codes" || echo "proto/README.md does not name the code $code"
	done
}

# ---- libzmq's traps

# program <TAB> test, of a row of the table.
named_tests() {
	grep -oE '`test_[a-z_]+`:[^;|]*' <<<"$1" | while IFS=: read -r program names; do
		grep -oE '[a-z0-9]+(_[a-z0-9]+){3,}' <<<"$names" | sed "s/^/${program//\`/}\t/"
	done
}

the_table_of_traps_names_tests_that_exist() {
	local row program name file
	sed -n "/^## libzmq's traps/,/^## Cap/p" tests/README.md | grep '^| [^|-]' | sed 1d | while read -r row; do
		grep -qE '`(test_[a-z_]+|unit/house/rules.sh)`:' <<<"$row" || echo "tests/README.md names no test for: $row"
		{ named_tests "$row" || true; } | while IFS=$'\t' read -r program name; do
			file=$(find tests -name "$program.c")
			grep -qsE "^static void $name\(" "$file" || echo "tests/README.md names $name, which is no test of $program"
		done
	done
}

checks=(
	the_reference_is_what_the_code_says
	containers_set_options_that_exist
	containers_give_what_is_required
	scripts_give_services_options_that_exist
	scripts_and_documents_give_commands_options_that_exist
	every_variable_stands_in_a_table
	no_table_names_a_variable_that_nothing_reads
	every_port_is_the_agreed_one
	every_log_event_is_written_somewhere
	documents_name_log_events_that_exist
	every_telemetry_call_names_its_series_in_place
	telemetry_names_say_what_they_count
	documents_name_telemetry_that_exists
	the_documents_name_the_roles_of_each_domain
	the_protocol_names_the_codes_that_are_given
	the_table_of_traps_names_tests_that_exist
)

hold() {
	local found
	found=$("$1") || found+="the check itself failed"
	if [[ -z $found ]]; then
		echo "ok - ${1//_/ }"
	else
		echo "not ok - ${1//_/ }"
		printf '%s\n' "$found" | sed 's/^/  /'
	fi
}

# finds CHECK FILE SED: after the edit of a copy, the check finds what it did not find before.
finds() {
	local check=$1 file=$2 edit=$3 before after
	cd "$work/copy"
	before=$("$check" || true)
	cp "$file" "$work/kept"
	sed -i -E "$edit" "$file"
	if cmp -s "$file" "$work/kept"; then
		echo "not ok - a change of $file is noticed by: ${check//_/ }"
		echo "  the edit changed nothing: $edit"
	else
		after=$("$check" || true)
		if [[ $(wc -l <<<"$after") -gt $(wc -l <<<"$before") || (-z $before && -n $after) ]]; then
			echo "ok - a change of $file is noticed by: ${check//_/ }"
		else
			echo "not ok - a change of $file is noticed by: ${check//_/ }"
		fi
	fi
	cp "$work/kept" "$file"
	cd "$root"
}

cd "$root"
for check in "${checks[@]}"; do
	hold "$check"
done

mkdir "$work/copy"
tar -c --exclude=node_modules --exclude=.secrets --exclude=examples CMakeLists.txt services common proto deploy tests | tar -x -C "$work/copy"
readme=deploy/README.md compose=deploy/docker-compose.yml
finds the_reference_is_what_the_code_says $readme '/^\| `effreg_keys_refused_total`/d'
finds the_reference_is_what_the_code_says $readme 's/^\| `--memory-mib-max`(.*)`[0-9]+`/| `--memory-mib-max`\1`7`/'
finds containers_set_options_that_exist $compose 's/EFFREG_FEED_ENDPOINT: tcp/EFFREG_FED_ENDPOINT: tcp/'
finds containers_give_what_is_required $compose '/EFFREG_METHODOLOGY_FILE/d'
finds scripts_give_services_options_that_exist deploy/lib/centre.sh 's/--stream-server-key-file/--stream-key-file/'
finds scripts_and_documents_give_commands_options_that_exist $readme 's/--public "/--pubic "/'
finds scripts_and_documents_give_commands_options_that_exist deploy/lib/centre.sh 's/status --wait-settled/status --wait-settle/'
finds every_variable_stands_in_a_table deploy/secrets 's/EFFREG_SECRETS/EFFREG_SECRET/'
finds no_table_names_a_variable_that_nothing_reads $readme 's/`EFFREG_TEST_SEED`/`EFFREG_TEST_SEAD`/'
finds every_port_is_the_agreed_one $compose 's/EFFREG_FEED_PORT:-5575/EFFREG_FEED_PORT:-5573/'
finds every_port_is_the_agreed_one proto/README.md 's/ 5573 \|$/ 5574 |/'
finds every_port_is_the_agreed_one proto/asyncapi.yaml 's/notify\.effreg\.example:5575/notify.effreg.example:5573/'
finds every_log_event_is_written_somewhere common/log.h 's/^\tX\(service_failed,/\tX(service_lost, INFO, "nobody writes this") \\\n&/'
finds documents_name_log_events_that_exist proto/README.md '$a\  {"event":"never_written"}'
finds every_telemetry_call_names_its_series_in_place common/service.c 's/telemetry_count\("effreg_keys_refused_total"/telemetry_count(name/'
finds telemetry_names_say_what_they_count common/service.c 's/"effreg_keys_refused_total"/"effreg_keys_refused"/'
finds documents_name_telemetry_that_exists proto/README.md '$a\  rate(effreg_nothing_total[5m])'
finds the_documents_name_the_roles_of_each_domain proto/README.md 's/ region, gateway, bearer, coordinator \| 5570/ region | 5570/'
finds the_documents_name_the_roles_of_each_domain proto/asyncapi.yaml 's/roles: \[service\]/roles: [reader]/'
finds the_protocol_names_the_codes_that_are_given proto/README.md 's/^\| `forbidden_source` /| `forbidden_sauce` /'
finds the_protocol_names_the_codes_that_are_given services/intake/intake_handlers.c 's/"over_credit"/"too_much"/'
finds the_table_of_traps_names_tests_that_exist tests/README.md 's/the_sender_is_known_after_a_poll/the_sender_is_known_before_a_poll/'
finds the_table_of_traps_names_tests_that_exist tests/README.md 's/^\| a frame of any size is taken \|.*/| a frame of any size is taken | |/'
