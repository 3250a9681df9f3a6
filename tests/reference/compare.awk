# compare.awk REFERENCE COMPUTED: both CSV with a header, the key in the first column.
#
# Every column of the reference must be there, under its name or the one that -v names="OLD=NEW ..." gives it (a column
# named NEW "-" is left out), with a row for each key: missing where the reference is, equal in columns of ranks
# (-v ranks="Rank ..."), within 1e-9 relative in all others. Prints what differs, at most ten lines, and how many values
# were compared; exit 1 when anything differs or nothing was compared.
BEGIN {
	FS = ","
	split(names, pairs, " ")
	for (i in pairs) {
		split(pairs[i], pair, "=")
		renamed[pair[1]] = pair[2]
	}
	split(ranks, listed, " ")
	for (i in listed)
		is_rank[listed[i]] = 1
}

{
	gsub(/\r/, "")
}

FNR == 1 {
	file++
	for (i = 1; i <= NF; i++) {
		if (file == 1)
			column[i] = $i
		else
			at[$i] = i
	}
	next
}

file == 1 {
	keys[++count] = $1
	for (i = 2; i <= NF; i++)
		expected[$1, i] = $i
	columns = NF
	next
}

{
	seen[$1] = 1
	for (i = 2; i <= columns; i++) {
		name = column[i] in renamed ? renamed[column[i]] : column[i]
		if (name != "-")
			computed[$1, i] = name in at ? $at[name] : "no column " name
	}
}

function differs(want, have, rank) {
	if (want == "NA" || have == "NA" || have !~ /^[-+0-9.eE]+$/)
		return want != have
	if (rank)
		return want + 0 != have + 0
	distance = have - want
	size = want < 0 ? -want : want + 0
	return (distance < 0 ? -distance : distance) > 1e-9 * size
}

END {
	for (k = 1; k <= count; k++) {
		key = keys[k]
		if (!(key in seen)) {
			if (bad++ < 10)
				print "  no row " key
			continue
		}
		for (i = 2; i <= columns; i++) {
			if (renamed[column[i]] == "-")
				continue
			compared++
			if (differs(expected[key, i], computed[key, i], is_rank[column[i]]) && bad++ < 10)
				print "  " key " " column[i] ": " computed[key, i] ", the reference says " expected[key, i]
		}
	}
	print "  " compared + 0 " values compared, " bad + 0 " differ"
	exit (bad > 0 || compared == 0)
}
