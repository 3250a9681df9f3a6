#!/usr/bin/env bash
# The house rules, held against the real includes, sources and archives.
#
# Each rule is a function that prints one line for each break under the present folder and nothing when the rule is
# kept. The same rules then run over a small house that keeps them all and over houses that break one each: a rule
# that cannot fail is a defect.
set -euo pipefail

root=$(cd "$(dirname "$0")/../../.." && pwd)
build=${EFFREG_BUILD:-$root/build}
work=$(mktemp -d "${TMPDIR:-/tmp}/effreg-house.XXXXXX")
trap 'rm -rf "$work"' EXIT

# ---- what there is

sources() {
	find common services tests -name node_modules -prune -o -name '*.[ch]' -print 2>/dev/null | sort
}

# file <TAB> included, for every #include "..." and <...> under the folders given.
# shellcheck disable=SC2016 # for awk
includes() {
	sources | grep -E "^($1)/" | xargs -r awk '
		/^[ \t]*#[ \t]*include[ \t]*["<]/ {
			gsub(/^[^"<]*["<]|[">].*$/, "")
			print FILENAME "\t" $0
		}'
}

# cmake_list NAME: the words of set(NAME ...) in common/CMakeLists.txt.
cmake_list() {
	tr '\n' ' ' <common/CMakeLists.txt | grep -oE "set\($1 [^)]*\)" | sed "s/^set($1 //; s/)\$//" | tr -s ' ' '\n'
}

# The sources of every target *_core, a header without a .c of its own among them: one path a line.
core_sources() {
	local list folder
	for list in services/*/CMakeLists.txt; do
		folder=${list%/*}
		tr '\n' ' ' <"$list" | { grep -oE 'add_library\([a-z_]+_core STATIC [^)]*\)' || true; } |
			grep -oE '[a-z_0-9]+\.[ch]\b' | sed "s|^|$folder/|" || true
	done
}

# path <TAB> layer, for every source and header:
#   pure, io          modules of common, by the two lists of common/CMakeLists.txt
#   core              a service's pure part, by its CMakeLists.txt
#   store, main       by name; handlers: the rest of a service
# A header without a .c of its own is of the layer of the module it belongs to: schema_model to schema, stream to
# stream_append.
layers() {
	{
		cmake_list COMMON_PURE | sed 's/$/ pure/'
		cmake_list COMMON_IO | sed 's/$/ io/'
		echo "embedded pure" # a table of files, made by the build
		core_sources | sed 's/\.[ch]$/ core/'
		echo "--"
		sources | grep -E '^(common|services)/'
	} | awk '
		/^--$/ { listed = 1; next }
		!listed { layer[$1] = $2; next }
		function of_module(stem,   name) {
			if (stem in layer) return layer[stem]
			for (name in layer)
				if (index(name, "/") == 0 && (index(stem, name "_") == 1 || index(name, stem "_") == 1)) return layer[name]
			return "none"
		}
		{
			stem = $1
			sub(/\.[ch]$/, "", stem)
			if (stem ~ /^common\//) { sub(/^common\//, "", stem); print $1 "\t" ($1 ~ /\.c$/ ? (stem in layer ? layer[stem] : "none") : of_module(stem)) }
			else if (stem in layer) print $1 "\t" layer[stem]
			else if (stem ~ /_main$/) print $1 "\tmain"
			else if (stem ~ /_store$/) print $1 "\tstore"
			else print $1 "\thandlers"
		}'
}

# ---- the rules

every_module_of_common_stands_in_a_list() {
	layers | awk '$2 == "none" { print $1 " stands in no list of common/CMakeLists.txt" }'
}

includes_go_down_the_layers_only() {
	{
		layers
		echo "--"
		includes 'common|services'
	} | awk -F '\t' '
		BEGIN {
			may["pure"] = " pure "
			may["io"] = " pure io "
			may["core"] = " pure core "
			may["store"] = " pure io core store "
			may["handlers"] = " pure io core store handlers "
			may["main"] = " pure io core store handlers main "
		}
		$0 == "--" { listed = 1; next }
		!listed { layer[$1] = $2; next }
		$2 in layer && index(may[layer[$1]], " " layer[$2] " ") == 0 {
			print $1 " (" layer[$1] ") includes " $2 " (" layer[$2] ")"
		}'
}

# The cli may use a service's core, and of metrics also the store and the rebuild: effreg rebuild is the consumer itself under another
# name (stream_rebuild.h), and what it writes must be what the service writes.
no_service_includes_another() {
	{
		layers
		echo "--"
		includes 'common|services'
	} | awk -F '\t' '
		function service(path,   part) { split(path, part, "/"); return part[1] == "services" ? part[2] : "" }
		$0 == "--" { listed = 1; next }
		!listed { layer[$1] = $2; next }
		service($2) == "" || service($1) == service($2) { next }
		service($1) == "cli" && layer[$2] == "core" { next }
		service($1) == "cli" && $2 ~ /^services\/metrics\/metrics_(rebuild|store)\.h$/ { next }
		{ print $1 " includes " $2 }'
}

# library header, who may include it: a second door needs a line here, and a reason.
doors() {
	cat <<-'TABLE'
	zmq.h            ^common/bus\.c$
	libpq-fe.h       ^common/db\.c$
	cjson/cJSON.h    ^common/json_node\.h$
	uuid/uuid.h      ^common/ident\.c$
	sodium.h         ^common/crypto\.c$
	nettle/sha2.h    ^common/crypto\.c$
	pcre2.h          ^common/schema_pattern\.c$
	microhttpd.h     ^common/http\.c$
	curl/curl.h      ^common/fetch\.c$
	zlib.h           ^common/gzip\.c$
	sqlite3.h        ^services/agent/agent_spool\.c$
	glpk.h           ^services/ranking/ranking_program\.c$
	xlsxwriter.h     ^services/cli/cli_(export|template)\.c$
	zip.h            ^common/package\.c$
	expat.h          ^common/xml\.c$
	TABLE
}

each_library_has_one_door() {
	{
		doors
		echo "--"
		includes 'common|services'
	} | awk '
		$0 == "--" { listed = 1; next }
		!listed { door[$1] = $2; base = $1; sub(/.*\//, "", base); door[base] = $2; next }
		$2 in door && $1 !~ door[$2] { print $1 " includes <" $2 ">" }'
}

# Options of libzmq 4.3.4 that abort a process, lose messages or give a peer's place away (tests/README.md).
nobody_sets_an_option_that_is_a_trap() {
	grep -rnE 'ZMQ_(HEARTBEAT_[A-Z]+|ROUTER_HANDOVER|ROUTING_ID|IDENTITY|CONNECT_ROUTING_ID)\b' common services --include='*.[ch]' |
		sed -E 's/^([^:]*:[0-9]+):.*(ZMQ_[A-Z_]+).*/\1 sets \2/' || true
}

# The threads of a context do not live on in a child, and its sockets do.
who_forks_has_no_bus() {
	grep -rlE '\b(v?fork|posix_spawnp?)\(' common services --include='*.c' | while read -r file; do
		grep -HE '^#include "common/(bus|service)\.h"' "$file" || true
	done | sed -E 's/^([^:]*):.*"(.*)"/\1 forks and includes \2/'
}

# Headers of the system that a pure file has no use for.
pure_files_include_no_system_io() {
	{
		layers
		echo "--"
		includes 'common|services'
	} | awk -F '\t' '
		$0 == "--" { listed = 1; next }
		!listed { layer[$1] = $2; next }
		layer[$1] != "pure" && layer[$1] != "core" { next }
		$2 ~ /^(sys\/|time\.h|unistd\.h|fcntl\.h|netdb\.h|poll\.h|signal\.h|pthread\.h|spawn\.h|syslog\.h|dirent\.h|netinet\/)/ {
			print $1 " (" layer[$1] ") includes <" $2 ">"
		}'
}

includes_name_the_path_from_the_root() {
	includes 'common|services|tests' | awk -F '\t' '
		$2 ~ /(^|\/)\.\.?\// { print $1 " includes \"" $2 "\"" }'
	sources | xargs -r grep -noE '^[ \t]*#[ \t]*include[ \t]*"[^"]*"' | while IFS=: read -r file line text; do
		text=${text#*\"} text=${text%\"}
		[[ $text == */* && -f $text ]] || echo "$file:$line includes \"$text\", which is no path from the root"
	done
}

a_source_includes_its_own_header_first() {
	local source first
	sources | grep -E '^(common|services)/.*\.c$' | while read -r source; do
		[[ -f ${source%.c}.h ]] || continue
		first=$(grep -m 1 -oE '^[ \t]*#[ \t]*include[ \t]*.*' "$source" || true)
		[[ $first == *"\"${source%.c}.h\""* ]] || echo "$source starts with ${first:-no include}"
	done
}

# A part of a split noun belongs to the noun's header (schema_apply to schema.h, stream_append to stream.h), a command to
# cli_commands.h; a _main has none.
every_source_has_its_header() {
	local source stem
	sources | grep -E '^(common|services)/.*\.c$' | while read -r source; do
		stem=${source%.c}
		[[ $stem != *_main ]] || continue
		while [[ ! -f $stem.h && ${stem##*/} == *_* ]]; do
			stem=${stem%_*}
		done
		[[ -f $stem.h ]] || [[ $source == services/cli/* && -f services/cli/cli_commands.h ]] || echo "$source has no header"
	done
}

every_header_is_guarded_by_its_name() {
	local header name
	sources | grep -E '^(common|services)/.*\.h$' | while read -r header; do
		name=$(basename "$header" .h)
		grep -qiE "^#ifndef EFFREG_([A-Z]+_)?${name}_H\$" "$header" || echo "$header has no guard with its name"
	done
}

the_top_level_holds_what_the_design_names() {
	local entry
	for entry in *; do
		case $entry in
		CMakeLists.txt | README.md | LICENSE | services | common | proto | deploy | tests) ;;
		build | build-*) ;; # ignored by git
		*) echo "$entry does not belong there" ;;
		esac
	done
}

nothing_is_left_to_do() {
	grep -rnwE 'TO''DO|FIX''ME' common services proto deploy tests CMakeLists.txt --include='*' \
		--exclude-dir=node_modules --exclude-dir=.secrets 2>/dev/null || true
}

# Archives made of pure files only, and what they may not call. base ends the process and says why: its one line.
pure_archives_call_nothing_outside() {
	local archive found=0
	for archive in "$build"/common/libcommon_pure.a "$build"/services/*/lib*_core.a; do
		[[ -f $archive ]] || continue
		found=1
		nm -A -u "$archive" 2>/dev/null | awk '
			{ symbol = $NF; object = $0; sub(/:[^:]*$/, "", object); sub(/.*\//, "", object) }
			object ~ /:base\.c\.o$/ && symbol ~ /^(stderr|fprintf|__fprintf_chk|abort)$/ { next }
			symbol ~ /^(time|gettimeofday|clock|clock_gettime|nanosleep|usleep|sleep|localtime|localtime_r|mktime|strftime)$/ ||
			symbol ~ /^(rand|rand_r|srand|random|srandom|drand48|getrandom|getentropy|uuid_generate(_random|_time|_time_safe)?|randombytes.*|crypto_sign_keypair)$/ ||
			symbol ~ /^(socket|connect|bind|listen|accept4?|send|sendto|sendmsg|recv|recvfrom|recvmsg|poll|select|epoll_.*|getaddrinfo)$/ ||
			symbol ~ /^(open|open64|openat|creat|close|read|write|pread|pwrite|rename|unlink|fsync|stat|fstat|mkdir|opendir)$/ ||
			symbol ~ /^(fopen|fopen64|fdopen|freopen|fclose|fread|fwrite|fputs|fputc|puts|putchar|printf|fprintf|vfprintf|perror|syslog|getline|fgets)$/ ||
			symbol ~ /^__(printf|fprintf|vprintf|vfprintf|fgets|read|recv|open64_2)_chk$/ ||
			symbol ~ /^(stdin|stdout|stderr|environ|getenv|secure_getenv|setenv|system|popen|fork|execv.*|posix_spawn.*|pthread_create|thrd_create|signal|sigaction|kill|raise|exit|_exit)$/ ||
			symbol ~ /^(PQ|zmq_|MHD_|curl_|sqlite3_)/ ||
			symbol ~ /^(ambient|config|log|telemetry|bus|db|stream|http|loop|service|contract)_[a-z]/ {
				print object " calls " symbol
			}'
	done
	((found)) || echo "there is no archive of a core in $build"
}

rules=(
	every_module_of_common_stands_in_a_list
	includes_go_down_the_layers_only
	no_service_includes_another
	each_library_has_one_door
	nobody_sets_an_option_that_is_a_trap
	who_forks_has_no_bus
	pure_files_include_no_system_io
	includes_name_the_path_from_the_root
	a_source_includes_its_own_header_first
	every_source_has_its_header
	every_header_is_guarded_by_its_name
	the_top_level_holds_what_the_design_names
	nothing_is_left_to_do
	pure_archives_call_nothing_outside
)

# ---- the real house

hold() {
	local found
	found=$("$1")
	if [[ -z $found ]]; then
		echo "ok - ${1//_/ }"
	else
		echo "not ok - ${1//_/ }"
		printf '%s\n' "$found" | sed 's/^/  /'
	fi
}

# ---- the rules can fail

# put FILE LINE...
put() {
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "${@:2}" >"$1"
}

archive() {
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "${@:2}" >"${1%.a}.c"
	cc -w -c -o "${1%.a}.o" "${1%.a}.c"
	ar rc "$1" "${1%.a}.o"
}

# A house of nine files that keeps every rule.
small_house() {
	rm -rf "$work/house"
	mkdir -p "$work/house"
	cd "$work/house"
	build=$work/house/build
	put CMakeLists.txt "project(small)"
	put tests/README.md "none"
	put common/CMakeLists.txt "set(COMMON_PURE text" "    text_more)" "set(COMMON_IO bus)"
	put common/text.h "#ifndef EFFREG_TEXT_H" "#endif"
	put common/text.c '#include "common/text.h"' "#include <stdio.h>"
	put common/text_more.c '#include "common/text.h"'
	put common/bus.h "#ifndef EFFREG_BUS_H" '#include "common/text.h"' "#endif"
	put common/bus.c '#include "common/bus.h"' "#include <zmq.h>"
	put services/ranking/CMakeLists.txt "add_library(ranking_core STATIC" "  ranking_core.c)"
	put services/ranking/ranking_core.h "#ifndef EFFREG_RANKING_CORE_H" "#endif"
	put services/ranking/ranking_core.c '#include "services/ranking/ranking_core.h"' '#include "common/text.h"'
	put services/ranking/ranking_store.h "#ifndef EFFREG_RANKING_STORE_H" "#endif"
	put services/ranking/ranking_store.c '#include "services/ranking/ranking_store.h"' \
		'#include "services/ranking/ranking_core.h"' '#include "common/bus.h"'
	put services/ranking/ranking_main.c '#include "services/ranking/ranking_store.h"'
	put services/cli/cli_rank.h "#ifndef EFFREG_CLI_RANK_H" "#endif"
	put services/cli/cli_rank.c '#include "services/cli/cli_rank.h"' '#include "services/ranking/ranking_core.h"'
	archive build/services/ranking/libranking_core.a "int snprintf(); int f(void) { return snprintf(); }"
}

the_small_house_keeps_every_rule() {
	local rule
	(
		small_house
		for rule in "${rules[@]}"; do
			"$rule"
		done
	)
}

# breaks RULE SENTENCE COMMAND...: after COMMAND in a small house, the rule finds exactly one break.
breaks() {
	local rule=$1 sentence=$2 found
	found=$(
		small_house
		"${@:3}"
		"$rule"
	)
	if [[ -n $found && $found != *$'\n'* ]]; then
		echo "ok - it is found when $sentence"
	else
		echo "not ok - it is found when $sentence"
		printf '  %s found: %s\n' "$rule" "${found:-nothing}"
	fi
}

cd "$root"
for rule in "${rules[@]}"; do
	hold "$rule"
done
hold the_small_house_keeps_every_rule

core='services/ranking/ranking_core.h'
includes_core="#include \"$core\""
breaks every_module_of_common_stands_in_a_list "a module stands in no list" put common/loose.c ""
breaks includes_go_down_the_layers_only "a pure module includes one that speaks" \
	put common/text_more.c '#include "common/bus.h"'
breaks includes_go_down_the_layers_only "a pure header includes one that speaks" \
	put common/text.h "#ifndef EFFREG_TEXT_H" '#  include "common/bus.h"' "#endif"
breaks includes_go_down_the_layers_only "a core includes a socket" \
	put services/ranking/ranking_core.c "$includes_core" '#include "common/bus.h"'
breaks includes_go_down_the_layers_only "a core includes its store" \
	put services/ranking/ranking_core.c "$includes_core" '#include "services/ranking/ranking_store.h"'
breaks includes_go_down_the_layers_only "common includes a service" put common/bus.c '#include "common/bus.h"' "$includes_core"
breaks includes_go_down_the_layers_only "a store includes what handles" \
	put services/cli/cli_store.c '#include "services/cli/cli_rank.h"'
breaks no_service_includes_another "a service includes another's core" put services/intake/intake_main.c "$includes_core"
breaks no_service_includes_another "the cli includes another's store" \
	put services/cli/cli_main.c '#include "services/ranking/ranking_store.h"'
breaks each_library_has_one_door "a library gets a second door" put services/intake/intake_main.c '#include <zmq.h>'
breaks each_library_has_one_door "it gets one under a shorter name" put services/intake/intake_main.c '#include <cJSON.h>'
breaks nobody_sets_an_option_that_is_a_trap "a socket gets heartbeats" \
	put common/bus.c '#include "common/bus.h"' "int option = ZMQ_HEARTBEAT_IVL;"
breaks who_forks_has_no_bus "a file with a bus forks" put services/cli/cli_main.c '#include "common/bus.h"' "int f(void) { return fork(); }"
breaks pure_files_include_no_system_io "a core includes the clock" \
	put services/ranking/ranking_core.c "$includes_core" '#include <time.h>'
breaks includes_name_the_path_from_the_root "an include names the file alone" put common/bus.c '#include "bus.h"'
breaks includes_name_the_path_from_the_root "an include goes upward" \
	put services/cli/cli_main.c '#include <../common/bus.h>'
breaks a_source_includes_its_own_header_first "another header comes first" \
	put common/bus.c '#include "common/text.h"' '#include "common/bus.h"'
breaks every_source_has_its_header "a source has no header" put services/intake/loose.c ""
breaks every_header_is_guarded_by_its_name "a guard has another name" put common/bus.h "#ifndef EFFREG_BUSS_H" "#endif"
breaks the_top_level_holds_what_the_design_names "a folder is added" put docs/plan ""
breaks nothing_is_left_to_do "something is left to do" put common/bus.h "#ifndef EFFREG_BUS_H" "/* TO""DO */" "#endif"
breaks pure_archives_call_nothing_outside "a core asks the clock" \
	archive build/services/ranking/libranking_core.a "long time(); long f(void) { return time(); }"
breaks pure_archives_call_nothing_outside "a core sends" \
	archive build/services/ranking/libranking_core.a "int zmq_send(); int f(void) { return zmq_send(); }"
breaks pure_archives_call_nothing_outside "a core logs" \
	archive build/services/ranking/libranking_core.a "int log_write(); int f(void) { return log_write(); }"
breaks pure_archives_call_nothing_outside "there is nothing to look at" rm -r build
