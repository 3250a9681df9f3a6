#!/usr/bin/env bash
# One changed byte in the stored log is found, and where it is.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

verify_finds_it() {
	local status=0
	centre_effreg log verify >"$test_work/verify.out" 2>&1 || status=$?
	cat "$test_work/verify.out"
	((status != 0)) && grep -E "$region.*\b$seq\b" "$test_work/verify.out"
}

test_generate
region=${test_regions[40]} seq=5
test_start_centre
test_push_all

check "the log of every region verifies" centre_effreg log verify
ask "UPDATE effreg.event SET body = pg_catalog.overlay(body::text, '9', pg_catalog.strpos(body::text, '\"time\"') + 10, 1)::json
	WHERE region_id = '$region' AND seq = $seq"
check "one changed byte is found, with its region and sequence number" verify_finds_it
check "another region's log still verifies" centre_effreg log verify --region "${test_regions[0]}"
