# asem_meta.csv -> a methodology.
#   -v flat=CODE    every indicator hangs below one node CODE, with its effective weight in the tree of equal weights
#   -v own=1        every indicator has a node of its own, t_CODE: what a stage did to it can be seen
#   -v denominate=1 indicators are divided by their denominators
#   -v higher=1     no indicator is turned round
#   -v stages=JSON  the members normalise, aggregate and the like
BEGIN {
	FS = ","
}

NR == 1 {
	for (i = 1; i <= NF; i++)
		at[$i] = i
	next
}

$at["Type"] == "Indicator" || $at["Type"] == "Aggregate" {
	parent[$1] = $at["Parent"]
	children[$at["Parent"]]++
	weight[$1] = $at["Weight"]
}

$at["Type"] == "Indicator" {
	codes[++count] = $1
	direction[$1] = $at["Direction"] < 0 && !higher ? "lower" : "higher"
	denominator[$1] = $at["Denominator"]
}

$at["Type"] == "Aggregate" && flat == "" && !own {
	if ($at["Parent"] == "NA")
		root = $1
	else
		nodes = nodes sprintf(",{\"code\":\"%s\",\"parent\":\"%s\",\"weight\":%s}", $1, $at["Parent"], $at["Weight"])
}

function effective(code,   share) {
	for (share = 1; parent[code] != "NA"; code = parent[code])
		share /= children[parent[code]]
	return sprintf("%.17g", share)
}

END {
	if (flat != "" || own)
		root = flat != "" ? flat : "all"
	for (i = 1; i <= count; i++) {
		code = codes[i]
		above = flat != "" ? flat : own ? "t_" code : parent[code]
		if (own)
			nodes = nodes sprintf(",{\"code\":\"%s\",\"parent\":\"all\"}", above)
		indicators = indicators sprintf("%s{\"code\":\"%s\",\"parent\":\"%s\",\"weight\":%s,\"direction\":\"%s\"",
			i > 1 ? "," : "", code, above, flat != "" ? effective(code) : weight[code], direction[code])
		if (denominate && denominator[code] != "NA")
			indicators = indicators sprintf(",\"denominator\":\"%s\"", denominator[code])
		indicators = indicators "}"
	}
	printf "{\"code\":\"asem\",\"version\":1,\"nodes\":[{\"code\":\"%s\"}%s],\"indicators\":[%s],%s}\n", root, nodes,
		indicators, stages
}
