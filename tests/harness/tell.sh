# Writes events by hand, as a region's system would: for tests in which every event matters. Sourced.
#
#     tell_in DIR                                     # where REGION.ndjson files grow
#     tell 71000000 project.opened project/P-1 2023-02-06 '"project":"P-1",…'
#     tell_number                                     # at the end
#
# Ids follow from the order of telling: the same script writes the same bytes. tell_source names the system that tells.
# shellcheck shell=bash

declare -A tell_ids=()
tell_source=facts
tell_version=1 # of the type

tell_in() {
	tell_folder=$1
	mkdir -p "$tell_folder"
}

# tell REGION NOUN.VERB THING DATE DATA: THING is "project/P-1" or "" for the region itself; DATE a day or an instant;
# DATA the members of data. tell_id is the event's id afterwards; tell_version the version of its type.
tell() {
	local number=$((${tell_ids[$1]:-0} + 1)) time=$4 extra=""
	tell_ids[$1]=$number
	printf -v tell_id '%s-0000-4000-8000-%012d' "$1" "$number"
	[[ $time == *T* ]] || time+=T09:00:00Z
	[[ -z ${tell_supersedes:-} ]] || extra=",\"supersedes\":\"$tell_supersedes\""
	printf '{"specversion":"1.0","id":"%s","source":"%s/%s","type":"effreg.%s.v%s","subject":"%s%s","time":"%s","datacontenttype":"application/json","sequence":"0"%s,"data":{%s}}\n' \
		"$tell_id" "$1" "$tell_source" "$2" "$tell_version" "$1" "${3:+/$3}" "$time" "$extra" "$5" >>"$tell_folder/$1.ndjson"
}

# Puts every file into the order of time, and numbers the events of each source in it, as a system does that sends what
# happens when it happens.
tell_number() {
	local file
	for file in "$tell_folder"/*.ndjson; do
		sed -E 's/^.*"time":"([^"]*)".*$/\1\t&/' "$file" | LC_ALL=C sort -s -t $'\t' -k 1,1 | cut -f 2- | awk '
			match($0, /"source":"[^"]*"/) {
				sub(/"sequence":"0"/, "\"sequence\":\"" ++count[substr($0, RSTART, RLENGTH)] "\"")
				print
			}' >"$file.numbered"
		mv "$file.numbered" "$file"
	done
}

# tell_correction REGION ID TYPE DATE DATA [VERSION]: in place of the data of the event ID, in a version of its type.
tell_correction() {
	local tell_supersedes=$2
	tell "$1" event.corrected "" "$4" "\"target\":\"$2\",\"type\":\"effreg.$3.v${6:-1}\",\"data\":{$5}"
}

# tell_withdrawal REGION ID TYPE DATE
tell_withdrawal() {
	local tell_supersedes=$2
	tell "$1" event.withdrawn "" "$4" "\"target\":\"$2\",\"type\":\"effreg.$3.v1\",\"reason\":{\"ru\":\"Ошибка ввода\"}"
}

# ---- What is told over and over

# tell_authority REGION ID TITLE LEVEL DATE [PRECISION]
tell_authority() {
	tell "$1" authority.registered "authority/$2" "$5" \
		"\"authority\":\"$2\",\"title\":{\"ru\":\"$3\"},\"level\":\"$4\",\"registered_on\":\"$5\",\"precision\":\"${6:-day}\""
}

# The card of the projects told next: change a member to tell another kind.
tell_sphere=municipal_government tell_kind=internal_process tell_digital=false tell_support=partner
tell_process='{"title":{"ru":"Рассмотрение обращений"},"from":"регистрация обращения","to":"ответ заявителю"}'

# tell_opened REGION PROJECT DATE TITLE AUTHORITY...
tell_opened() {
	local authorities
	printf -v authorities '"%s",' "${@:5}"
	tell "$1" project.opened "project/$2" "$3" \
		"\"project\":\"$2\",\"title\":{\"ru\":\"$4\"},\"sphere\":\"$tell_sphere\",\"authorities\":[${authorities%,}],\"kind\":\"$tell_kind\",\"digital\":$tell_digital,\"support\":\"$tell_support\",\"process\":$tell_process"
}

# tell_stage REGION PROJECT DATE STAGE
tell_stage() {
	tell "$1" project.stage_started "project/$2" "$3" "\"project\":\"$2\",\"stage\":$4"
}

# tell_closed REGION PROJECT DATE
tell_closed() {
	tell "$1" project.closed "project/$2" "$3" "\"project\":\"$2\""
}

# tell_planned REGION PROJECT DATE INDICATOR UNIT BASE TARGET TARGET_ON
tell_planned() {
	tell "$1" indicator.planned "project/$2" "$3" \
		"\"project\":\"$2\",\"indicator\":\"$4\",\"unit\":\"$5\",\"base\":{\"value\":\"$6\",\"on\":\"${3%T*}\"},\"target\":{\"value\":\"$7\",\"on\":\"$8\"},\"method\":\"Медиана по журналу\",\"origin\":\"Журнал регистрации\""
}

# tell_measured REGION PROJECT DATE INDICATOR UNIT VALUE
tell_measured() {
	tell "$1" measurement.recorded "project/$2" "$3" \
		"\"project\":\"$2\",\"indicator\":\"$4\",\"unit\":\"$5\",\"value\":\"$6\",\"measured_on\":\"${3%T*}\""
}

# tell_declared REGION WHAT AS_OF QUALIFIER VALUE [MEMBERS]: what the region said in public.
tell_declared() {
	tell "$1" aggregate.declared "" "$3" \
		"\"what\":\"$2\",\"as_of\":\"$3\",\"precision\":\"day\",\"amount\":{\"value\":\"$5\",\"qualifier\":\"$4\"}${6:+,$6}"
}
