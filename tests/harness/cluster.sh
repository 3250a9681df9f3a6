# A PostgreSQL of deploy/postgres with an archive or a standby. Sourced after centre.sh.
# shellcheck shell=bash
: "${centre_root:?}" "${test_work:?}"

cluster_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)

cluster_data() {
	readlink -f "$1/data"
}

# The user that the server runs as: PostgreSQL's programs refuse root.
cluster_as_owner() {
	local user
	if ((EUID != 0)); then
		"$@"
		return
	fi
	user=$(stat -c %U "$(cluster_data "${centre_home:?}/pg")")
	(cd / && exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups "$@")
}

# cluster_archive DIR ARCHIVE: the log of the server in DIR is archived once it is restarted.
cluster_archive() {
	mkdir -p "$2"
	((EUID != 0)) || chown --reference="$(cluster_data "$1")" "$2"
	printf '%s\n' "archive_mode = on" "archive_command = '$centre_root/deploy/backup archive $2 %p %f'" >>"$(cluster_data "$1")/postgresql.conf"
}

# cluster_standby DIR CONNINFO NAME: a streaming standby in DIR of the server there; its conninfo is printed.
cluster_standby() {
	mkdir -p "$1/data"
	chmod 711 "$1"
	((EUID != 0)) || chown --reference="$(cluster_data "${centre_home:?}/pg")" "$1/data"
	chmod 700 "$1/data"
	cluster_as_owner "$cluster_bin/pg_basebackup" -d "$2 application_name=$3" -D "$(cluster_data "$1")" -R --checkpoint=fast --wal-method=stream >&2 || return 1
	"$centre_root/deploy/postgres" start "$1" 9>&-
}
