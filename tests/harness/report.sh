# Asking a centre back: figures of `effreg indicator`, and figures, sentences and tables of `effreg report`. Sourced after
# centre.sh; jq reads the JSON.
# shellcheck shell=bash disable=SC2154 # test_work is centre.sh's

# figure REGION CODE PERIOD [OPTION...]: the value, exactly; "null" when it is not known.
figure() {
	centre_effreg indicator "$1" "$2" --period "$3" --format json "${@:4}" | jq -r .value
}

# load_report REGION PERIOD [OPTION...]: into $report, as JSON.
load_report() {
	report=$test_work/report.json
	centre_effreg report "$1" --period "$2" --format json "${@:3}" >"$report"
}

# reported CODE: the value of the figure in the loaded report.
reported() {
	jq -r --arg code "$1" '[.sections[].figures[] | select(.code == $code)][0].value' "$report"
}

# reported_rows TABLE COLUMN...: the cells of these columns, a row a line, with | between.
reported_rows() {
	# shellcheck disable=SC2016 # for jq
	jq -r '[.sections[].tables[] | select(.code == $ARGS.positional[0])][0].rows[] | [.[$ARGS.positional[1:][]]] | join("|")' \
		"$report" --args "$@" | sed $'s/\u00a0/ /g'
}

# has_row TABLE ROW COLUMN...: some row has exactly these cells.
has_row() {
	reported_rows "$1" "${@:3}" | grep -Fx -- "$2" || {
		reported_rows "$1" "${@:3}"
		return 1
	}
}

# says TEXT: some sentence of the loaded report has it.
says() {
	jq -r '.sections[].notes[].text' "$report" | grep -F -- "$1"
}
