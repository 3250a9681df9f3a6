# shellcheck shell=bash
# Configure and build, quietly: what went wrong is shown, the rest is in FOLDER/build.log. Sourced.

# build_effreg ROOT FOLDER OPTION...: the options hold for a new folder and are applied to an old one.
build_effreg() {
	local root=$1 folder=$2 generator=() log=$2/build.log
	shift 2
	mkdir -p "$folder"
	if [[ ! -e $folder/CMakeCache.txt ]] && command -v ninja >/dev/null; then
		generator=(-G Ninja)
	fi
	if ! { cmake -S "$root" -B "$folder" "${generator[@]}" "$@" &&
		cmake --build "$folder" -j "$(nproc)"; } >"$log" 2>&1; then
		tail -n 60 "$log" >&2
		echo "the build failed, all of it is in $log" >&2
		return 1
	fi
}
