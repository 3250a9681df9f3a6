#!/usr/bin/env bash
# A key's life: added, bound to sources, followed by another, revoked; each act with its audit row, each refusal with none.
set -euo pipefail
# shellcheck source=tests/harness/centre.sh
source "$(dirname "$0")/../harness/centre.sh"

keys() {
	centre_effreg keys "$@"
}

# fails_with EXIT WORD COMMAND...: ends with this code and says the word.
fails_with() {
	local status=0
	"${@:3}" >"$test_work/refusal" 2>&1 || status=$?
	cat "$test_work/refusal"
	[[ $status == "$1" ]] && grep -F -- "$2" "$test_work/refusal"
}

# says_nothing COMMAND...: succeeds without a word.
says_nothing() {
	"$@" >"$test_work/silence" 2>&1 && [[ ! -s $test_work/silence ]]
}

audit_rows() {
	ask "SELECT pg_catalog.count(*) FROM effreg.audit"
}

# audit_of KEY_NAME: the acts on the key, oldest first.
audit_of() {
	ask "SELECT act FROM effreg.audit WHERE subject = '$(key "$1")' ORDER BY occurred_time" | paste -sd ' '
}

key() {
	cat "$test_work/$1.pub"
}

# push_as KEY_NAME FILE: exit status of the push.
push_as() {
	local status=0
	"$centre_bin/effreg" push --endpoint "$(centre_endpoint push)" --key "$test_work/$1" --timeout 5 \
		--server-key "$centre_home/keys/centre.pub" "$2" >"$test_work/push.out" 2>&1 || status=$?
	echo "$status"
}

refused_in_database() {
	! PGOPTIONS='' psql -XAtq -v ON_ERROR_STOP=1 -d "$(centre_dsn_of ops)" -c "$1"
}

test_projects=2
test_generate
region=${test_regions[0]} other=${test_regions[1]}
event=$(head -n 1 "$test_story/$region.ndjson")
source=$(sed -E 's/.*"source": ?"([^"]*)".*/\1/' <<<"$event")
line=0
for name in first second third bound stranger; do
	"$centre_bin/effreg" keys new "$test_work/$name" >/dev/null
	sed -n "$((++line))p" "$test_story/$region.ndjson" >"$test_work/$name.ndjson"
done
test_start_centre
before=$(audit_rows)

check "a key is added without a word" says_nothing keys add --role region --region "$region" --public "$(key first)"
check "adding it again changes nothing" says_nothing keys add --role region --region "$region" --public "$(key first)"
check_equal "there is one audit row of it" "$((before + 1))" "$(audit_rows)"
check_equal "the audit names the database role" "$(ask 'SELECT SESSION_USER')" \
	"$(ask "SELECT actor FROM effreg.audit WHERE subject = '$(key first)'")"
check "another region for the same key is a conflict" fails_with 1 "other rights" \
	keys add --role region --region "$other" --public "$(key first)"
check "sources for the same key are a conflict" fails_with 1 "other rights" \
	keys add --role region --region "$region" --source "$source" --public "$(key first)"
check "another role for the same key is a conflict" fails_with 1 "other rights" \
	keys add --role reader --public "$(key first)"
check "a region that does not exist is refused" fails_with 1 "no region 99999999" \
	keys add --role region --region 99999999 --public "$(key second)"
check "a role that does not exist is refused" fails_with 2 "no role king" keys add --role king --public "$(key second)"
check "a region's key without a region is refused" fails_with 2 "needs --region" keys add --role region --public "$(key second)"
check "what is no key is refused" fails_with 2 "40 characters" keys add --role reader --public "$(key first | tr -c '\n' '~')"
check_equal "no refusal left an audit row" "$((before + 1))" "$(audit_rows)"

check "a key is bound to sources, in any order and twice" says_nothing keys add --role region --region "$region" \
	--source "z/b,a/a" --source "z/b" --public "$(key bound)"
check "the same sources again change nothing" says_nothing keys add --role region --region "$region" \
	--source "a/a" --source "z/b" --public "$(key bound)"
check "one source fewer is a conflict" fails_with 1 "a/a,z/b" keys add --role region --region "$region" \
	--source "a/a" --public "$(key bound)"
check_equal "an event of another source is refused" 3 "$(push_as bound "$test_work/bound.ndjson")"
check_equal "the first key pushes" 0 "$(push_as first "$test_work/first.ndjson")"

check "the key is followed by a second one, and it is said how the old one ends" \
	grep -F "keys revoke --public '$(key first)'" <(keys rotate --public "$(key first)" --new "$(key second)")
check_equal "the new key pushes" 0 "$(push_as second "$test_work/second.ndjson")"
check_equal "the old one still does" 0 "$(push_as first "$test_work/third.ndjson")"
check "a key that is not there is not followed" fails_with 1 "no key" \
	keys rotate --public "$(key stranger)" --new "$(key third)"
check "a third one follows and ends the second" keys rotate --public-file "$test_work/second.pub" \
	--new-file "$test_work/third.pub" --revoke-old
check "the same once more changes nothing" keys rotate --public-file "$test_work/second.pub" \
	--new-file "$test_work/third.pub" --revoke-old
check_equal "the second key gets no session any more" 4 "$(push_as second "$test_work/stranger.ndjson")"
check_equal "the third one pushes" 0 "$(push_as third "$test_work/stranger.ndjson")"
check_equal "each act on the second key has its row" "key.rotated key.revoked" "$(audit_of second)"

check "a key is revoked" says_nothing keys revoke --public "$(key first)" --reason "lost"
check "revoking it again changes nothing" says_nothing keys revoke --public "$(key first)" --reason "again"
check_equal "each act on the first key has its row" "key.added key.revoked" "$(audit_of first)"
check_equal "the reason is kept" lost \
	"$(ask "SELECT detail->>'reason' FROM effreg.audit WHERE subject = '$(key first)' AND act = 'key.revoked'")"
check "a revoked key is not added again" fails_with 1 "revoked" \
	keys add --role region --region "$region" --public "$(key first)"
check "nor is it followed" fails_with 1 "revoked" keys rotate --public "$(key first)" --new "$(key stranger)"
check "a reason is needed" fails_with 2 "--reason" keys revoke --public "$(key third)"
check_equal "the revoked key gets no session" 4 "$(push_as first "$test_work/first.ndjson")"

check_equal "the list as CSV shows who may still write" "$(key third)" \
	"$(keys list --format csv --region "$region" | awk -F , '$4 == "*" && $7 == "" && $5 == "" { print $1 }')"
check_equal "the list as JSON shows every key of the region" 5 \
	"$(keys list --format json --region "$region" | grep -o '"public_key"' | wc -l)"
check "the list as text shows the sources" grep -F "a/a,z/b" <(keys list)

# ---- tokens
token_of() {
	sed -n '/^effreg_/p' "$test_work/$1"
}
digest_of() {
	printf %s "$(token_of "$1")" | sha256sum | cut -d ' ' -f 1
}
keys token new --region "$region" --source "z/b,a/a" --note "portal" >"$test_work/printed" 2>"$test_work/digest" || true
check "a token is printed, when no file is named" grep -xE "effreg_[0-9a-f]{64}" "$test_work/printed"
check "beside it its digest" grep -F "$(digest_of printed)" "$test_work/digest"
check "the list names it by its digest" grep -F "$(digest_of printed)" <(keys token list --region "$region")
check "with its sources" grep -F "a/a,z/b" <(keys token list)
keys token list --format json >"$test_work/tokens"
check_equal "and never the token" 0 "$(grep -c "$(token_of printed)" "$test_work/tokens" || true)"
check "a region is needed" fails_with 2 "--region" keys token new
check "one that exists" fails_with 1 "no region 99999999" keys token new --region 99999999
check "a file that cannot be written leaves no token behind" fails_with 1 "cannot write" keys token new --region "$region" --out "$test_work/nowhere/token"
check_equal "there is one" 1 "$(ask 'SELECT pg_catalog.count(*) FROM effreg.token')"
check "a digest too short names none" fails_with 2 "8 hex digits" keys token revoke --digest "$(digest_of printed | cut -c 1-7)" --reason lost
check "an unknown one neither" fails_with 1 "no token" keys token revoke --digest 00000000 --reason lost
check "a file without a token is told" fails_with 2 "does not hold a token" keys token revoke --token-file "$test_work/first.pub" --reason lost
check "a token is revoked by the beginning of its digest" says_nothing keys token revoke --digest "$(digest_of printed | cut -c 1-8)" --reason lost
check "revoking it again changes nothing" says_nothing keys token revoke --digest "$(digest_of printed)" --reason again
check_equal "each act on the token has its row" "token.added token.revoked" \
	"$(ask "SELECT act FROM effreg.audit WHERE subject = '$(digest_of printed)' ORDER BY occurred_time" | paste -sd ' ')"
check "a token is made with the rights of effreg_ops alone" "$centre_bin/effreg" keys token new --region "$region" --out "$test_work/ops.token" --dsn "$(centre_dsn_of ops)"
check "and revoked" "$centre_bin/effreg" keys token revoke --token-file "$test_work/ops.token" --reason moved --dsn "$(centre_dsn_of ops)"
check "no more than that" refused_in_database "UPDATE effreg.token SET revoked_time = NULL, region_id = '$other'"

check "the audit cannot be changed by who writes it" refused_in_database "UPDATE effreg.audit SET detail = '{}'"
check "nor deleted" refused_in_database "DELETE FROM effreg.audit"
check "nor written in another's name" refused_in_database \
	"INSERT INTO effreg.audit (actor, act, subject, detail) VALUES ('another', 'key.added', '', '{}')"
check "a key is added with the rights of effreg_ops alone" keys add --role reader --public "$(key stranger)" \
	--dsn "$(centre_dsn_of ops)"
check_equal "and is audited as effreg_ops" effreg_ops \
	"$(ask "SELECT actor FROM effreg.audit WHERE subject = '$(key stranger)'")"
