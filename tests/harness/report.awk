# Reads what one test program printed and writes a line for tests/run to count by:
#   <passed> <failed> <skipped>
# then, for each skip, "skip <what>: <why>" and, for each failure, "fail <what>".
#
# Two dialects: TAP of cmocka ("ok 1 - name", "not ok 2 - name", "not ok 3 # SKIP name" after "# skip: why"),
# and the sentences of our scripts ("ok - sentence", "not ok - sentence", "skip - sentence: why").
# status: the program's exit status, by -v. A plan (1..n) that is not kept, an exit status without a reason and
# a program that tested nothing count as failures: silence is not success.

BEGIN { passed = failed = skipped = planned = seen = 0; why = ""; text = "" }

function note(line) { text = text line "\n" }
function fail(what) { failed++; note("fail " what) }
function skip(what) { skipped++; note("skip " what) }

/^1\.\.[0-9]+$/ { planned += substr($0, 4); next }
/^# skip: / { why = substr($0, 9); next }
/^(not )?ok [0-9]+ # SKIP / {
	sub(/^(not )?ok [0-9]+ # SKIP /, "")
	skip($0 ": " (why == "" ? "the test does not say why" : why))
	why = ""
	seen++
	next
}
/^skip - / { skip(substr($0, 8)); seen++; next }
/^ok ([0-9]+ )?- / { passed++; seen++; next }
/^not ok ([0-9]+ )?- / { sub(/^not ok ([0-9]+ )?- /, ""); fail($0); seen++; next }

END {
	if (status == 77 && seen == 0)
		skip(why == "" ? "all of it: the program does not say why" : "all of it: " why)
	else if (status == 124 || status == 137)
		fail("ended by the time limit")
	else if (seen < planned)
		fail(planned - seen " of " planned " tests said nothing, exit status " status)
	else if (status != 0 && failed == 0 && !(status == 77 && skipped > 0))
		fail("exit status " status)
	else if (seen == 0)
		fail("it tested nothing")
	print passed, failed, skipped
	printf "%s", text
}
