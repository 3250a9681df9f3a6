# The Docker engine and the images of tests/compose/run: sourced by it. One that runs is used; else one is started and ended here.
# shellcheck shell=bash
: "${root:?}" "${work:?}" "${image:?}" "${effreg:?}"

engine_pid=""

cannot() {
	echo "# skip: $*"
	exit 77
}

need_tools() {
	local tool
	for tool in docker docker-compose debootstrap curl openssl jq; do
		command -v "$tool" >/dev/null || cannot "$tool is not installed (deploy/install compose test)"
	done
	[[ -x $effreg ]] || cannot "$effreg is not built"
}

start_engine() {
	local try
	if docker info >/dev/null 2>&1; then
		return
	fi
	((EUID == 0)) || cannot "no Docker engine runs, and only root can start one"
	command -v dockerd >/dev/null || cannot "dockerd is not installed (deploy/install compose)"
	export DOCKER_HOST=unix://$work/docker.sock
	setsid dockerd --data-root "$work/docker" --exec-root "$work/run" --pidfile "$work/docker.pid" -H "$DOCKER_HOST" \
		>"$work/dockerd.log" 2>&1 </dev/null &
	engine_pid=$!
	for ((try = 0; try < 120; try++)); do
		if docker info >/dev/null 2>&1; then
			return
		fi
		kill -0 "$engine_pid" 2>/dev/null || break
		sleep 0.25
	done
	tail -n 3 "$work/dockerd.log" >&2
	cannot "the Docker engine does not start here"
}

stop_engine() {
	[[ -n $engine_pid ]] || return 0
	kill -TERM "$engine_pid" 2>/dev/null || true
	timeout 30 tail --pid="$engine_pid" -s 0.1 -f /dev/null || true
	umount "$work/run/netns/default" 2>/dev/null || true # an ended engine leaves it mounted
}

# The mirror that this machine's apt takes bookworm from.
mirror() {
	apt-get indextargets --format "\$(CODENAME) \$(REPO_URI)" 'Created-By: Packages' |
		awk '$1 == "bookworm" { print $2; exit }'
}

# What debian:12-slim is: a minimal Debian without documentation.
make_base() {
	debootstrap --variant=minbase bookworm "$work/base" "$(mirror)" >"$work/debootstrap.log" 2>&1 || return 1
	printf '%s\n' 'path-exclude /usr/share/doc/*' 'path-exclude /usr/share/man/*' 'path-exclude /usr/share/locale/*' \
		>"$work/base/etc/dpkg/dpkg.cfg.d/slim"
	rm -rf "$work/base"/usr/share/{doc,man,info,locale}/* "$work/base"/var/cache/apt/* "$work/base"/var/lib/apt/lists/*
	tar -C "$work/base" -c . | docker import - effreg-base:test >/dev/null
	rm -rf "$work/base"
}

find_base() {
	base=${EFFREG_BASE:-effreg-base:test}
	docker image inspect "$base" >/dev/null 2>&1 || make_base ||
		cannot "no base image: $(tail -n 1 "$work/debootstrap.log")"
}

# An engine that runs may still have no way to start a container, or containers none to a mirror.
need_containers() {
	docker run --rm --network host "$base" true >"$work/container.log" 2>&1 ||
		cannot "no container starts here: $(tail -n 1 "$work/container.log")"
	docker run --rm --network host "$base" apt-get -o APT::Update::Error-Mode=any update -qq >"$work/container.log" 2>&1 ||
		cannot "containers reach no Debian mirror: $(tail -n 1 "$work/container.log")"
}

# stand_in NAME: an image that stands for an official one, from tests/compose/NAME.Dockerfile.
stand_in() {
	docker image inspect "effreg-$1:test" >/dev/null 2>&1 ||
		docker build --network host -f "$root/tests/compose/$1.Dockerfile" --build-arg "BASE=$base" -t "effreg-$1:test" "$root/tests/compose"
}

# The second image is the same but for its label: what an upgrade goes to.
build_images() {
	docker build --network host -f "$root/deploy/Dockerfile" --build-arg "BASE=$base" -t "$image" "$root" &&
		printf 'FROM %s\nLABEL effreg.test=next\n' "$image" | docker build -t "$image-next" - &&
		stand_in postgres && stand_in haproxy && stand_in prometheus && stand_in exporter
}

image_is_small() {
	local bytes
	bytes=$(docker image inspect -f '{{.Size}}' "$image")
	echo "$((bytes / 1000000)) MB"
	((bytes < 130000000))
}

nothing_to_build_with() {
	! docker run --rm "$image" bash -c 'command -v gcc cmake make ld'
}

# The list of what is in the image: SPDX by its own required members, and a package of dpkg each.
lists_what_is_in_it() {
	local package
	"$root/deploy/sbom" "$image" >"$work/sbom.json" || return 1
	jq -e '.spdxVersion == "SPDX-2.3" and .SPDXID == "SPDXRef-DOCUMENT" and .dataLicense == "CC0-1.0" and (.creationInfo.created | test("^[0-9]{4}-.*Z$"))
		and ([.packages[].SPDXID] | length == (unique | length)) and all(.packages[]; .name and .versionInfo and .downloadLocation)
		and ((.relationships | length) == (.packages | length))' "$work/sbom.json" || return 1
	for package in libzmq5 libpq5 libsodium23 libc6; do
		jq -e --arg name "$package" 'any(.packages[]; .name == $name and (.externalRefs[0].referenceLocator | startswith("pkg:deb/debian/" + $name + "@")))' \
			"$work/sbom.json" || return 1
	done
}
