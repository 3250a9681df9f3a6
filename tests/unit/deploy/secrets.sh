#!/usr/bin/env bash
# deploy/secrets and deploy/.env: who runs the containers is told to compose, and whatever else stands there stays.
set -euo pipefail

root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/effreg-secrets.XXXXXX")
trap 'rm -rf "$work"' EXIT
user=$((EUID == 0 ? 65534 : EUID))
env=$work/deploy/.env
unset EFFREG_SECRETS

check() {
	if "${@:2}"; then
		echo "ok - $1"
	else
		echo "not ok - $1"
	fi
}

# Somebody who is not root: for root the user of the image is the right one, and nothing is to be told.
make_secrets() {
	if ((EUID == 0)); then
		setpriv --reuid "$user" --regid "$user" --clear-groups "$work/deploy/secrets"
	else
		"$work/deploy/secrets"
	fi
}

env_is() {
	diff <(printf '%s\n' "$@") "$env"
}

# Keys and certificate are there already and are kept: making them is not what is looked at.
lay_out() {
	local key
	mkdir -p "$work/deploy/.secrets/keys"
	cp "$root/deploy/secrets" "$work/deploy/"
	for key in intake metrics ranking notify gateway coordinator; do
		echo "$key" | tee "$work/deploy/.secrets/keys/$key" >"$work/deploy/.secrets/keys/$key.pub"
	done
	echo "a certificate" >"$work/deploy/.secrets/edge_certificate"
	chmod 711 "$work"
	((EUID != 0)) || chown -R "$user:$user" "$work/deploy"
}

lay_out
group=$((EUID == 0 ? user : $(id -g)))
told=("EFFREG_UID=$user" "EFFREG_GID=$group")
check "the secrets are made" make_secrets
check "the user is told where nothing was" env_is "${told[@]}"
check "what was there is kept" grep -qx intake "$work/deploy/.secrets/keys/intake"
printf '%s\n' "EFFREG_IMAGE=effreg:1.2" "EFFREG_UID=1" "# EFFREG_GID=2" "export EFFREG_GID = 3" "OTHER_EFFREG_UID=4" >"$env"
printf 'EFFREG_BIND=10.0.0.1' >>"$env"
chmod 640 "$env"
check "the secrets are made again" make_secrets
check "other lines stay as they are, the last without its end too" env_is "EFFREG_IMAGE=effreg:1.2" "# EFFREG_GID=2" \
	"OTHER_EFFREG_UID=4" "EFFREG_BIND=10.0.0.1" "${told[@]}"
check "and who may read it" test "$(stat -c %a "$env")" == 640
check "once more" make_secrets
check "nothing grows" test "$(wc -l <"$env")" == 6
check "nothing else is left beside it" test "$(cd "$work/deploy" && ls -A)" == $'.env\n.secrets\nsecrets'
