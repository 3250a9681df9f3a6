#!/usr/bin/env bash
# Every shell script of the project is clean for shellcheck.
set -euo pipefail

cd "$(dirname "$0")/../../.."
if ! command -v shellcheck >/dev/null; then
	echo "skip - shell scripts are clean for shellcheck: shellcheck is not installed"
	exit
fi
while read -r script; do
	if shellcheck -x "$script"; then
		echo "ok - $script is clean for shellcheck"
	else
		echo "not ok - $script is clean for shellcheck"
	fi
done < <(grep -rlE '^#!/usr/bin/env bash|^#!/bin/(ba)?sh' deploy tests .ci --include='*' --exclude-dir=node_modules | sort)
