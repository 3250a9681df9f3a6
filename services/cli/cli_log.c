/* cli_log: log verify: recomputes every region's hash chain from the stored bytes. */
#include "common/crypto.h"
#include "common/ident.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define ROWS_AT_ONCE    1000
#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"region", "CODE", NULL, NULL, "only this region: OKTMO or ISO code", "только этот регион: ОКТМО или код ISO"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "log verify",
	.example = "effreg log verify --region RU-VOR",
	.en = "Recomputes the hash chain of each region's log from the stored bytes: one changed byte, one missing or moved event is found\n"
	      "and named by its region, seq and id.",
	.ru = "Пересчитывает хеш-цепочку журнала каждого региона по сохранённым байтам: изменённый байт, пропавшее или переставленное\n"
	      "событие находятся и называются: регион, seq и id.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 every chain holds, 1 a chain is broken, 2 bad arguments, 4 no database",
	.exits_ru = "0 все цепочки целы, 1 цепочка нарушена, 2 неверные аргументы, 4 нет базы данных",
};

struct verify {
	const struct cli_args *args;
	struct db *db;
	struct arena *arena;
	bool json;
	size_t events, broken;
};

/* A region's chain as far as it was followed. */
struct chain {
	char region[OKTMO_TEXT_SIZE];
	uint64_t seq;
	struct sha256 hash;
	int64_t recorded_us;
	bool broken;
};

static void tell_broken(struct verify *verify, struct chain *chain, uint64_t seq, const char *id, const char *what)
{
	chain->broken = true;
	verify->broken++;
	if (verify->json)
		printf("{\"region\":\"%s\",\"seq\":%llu,\"id\":\"%s\",\"problem\":\"%s\"}\n", chain->region, (unsigned long long)seq, id, what);
	else
		printf("%s seq %llu %s: %s\n", chain->region, (unsigned long long)seq, id, what);
}

static void follow_event(struct verify *verify, struct chain *chain, const struct db_rows *rows, size_t row)
{
	uint64_t seq = (uint64_t)db_get_integer(rows, row, 0);
	const char *id = db_get_text(rows, row, 1);
	int64_t recorded_us = db_get_integer(rows, row, 2);
	struct span stored = db_get_bytes(rows, row, 3, verify->arena);
	struct sha256 digest = sha256_of(db_get_text(rows, row, 4), db_get_len(rows, row, 4));
	enum cli_lang lang = verify->args->lang;
	if (seq != chain->seq + 1) {
		tell_broken(verify, chain, chain->seq + 1, "", cli_text(lang, "the event is missing", "событие пропало"));
		return;
	}
	if (recorded_us < chain->recorded_us) {
		tell_broken(verify, chain, seq, id, cli_text(lang, "recorded_time goes back", "recorded_time идёт назад"));
		return;
	}
	chain->hash = chain_next(&chain->hash, chain->region, seq, recorded_us, &digest);
	chain->seq = seq;
	chain->recorded_us = recorded_us;
	verify->events++;
	if (!span_equal(stored, span_of((const char *)chain->hash.bytes, SHA256_BYTES)))
		tell_broken(verify, chain, seq, id,
		            cli_text(lang, "the bytes, the recorded time or the hash were changed", "изменены байты события, время записи или хеш"));
}

static enum status read_events(struct verify *verify, struct chain *chain, size_t *ret_count)
{
	static const char SQL[] =
		"SELECT seq, id, (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint, hash, body FROM effreg.event"
		" WHERE region_id = $1 AND seq > $2::bigint ORDER BY seq LIMIT $3::integer";
	arena_reset(verify->arena);
	const struct db_param params[] = {
		db_text(chain->region), db_integer(verify->arena, (int64_t)chain->seq), db_integer(verify->arena, ROWS_AT_ONCE)};
	struct db_rows *rows;
	enum status status = db_query(verify->db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_count = db_rows_count(rows);
	for (size_t row = 0; row < *ret_count && !chain->broken; row++)
		follow_event(verify, chain, rows, row);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

static enum status verify_region(struct verify *verify, const char *region, uint64_t last_seq, struct span head)
{
	struct chain chain = {0};
	size_t count = 1;
	enum status status = STATUS_OK;
	/* head lives in the arena of the list; keep it. */
	struct sha256 expected = {0};
	if (head.len == SHA256_BYTES)
		memcpy(expected.bytes, head.at, SHA256_BYTES);
	memcpy(chain.region, region, OKTMO_LEN);
	while (status == STATUS_OK && count > 0 && !chain.broken && chain.seq < last_seq) {
		cli_output_progress("%s %llu/%llu", region, (unsigned long long)chain.seq, (unsigned long long)last_seq);
		status = read_events(verify, &chain, &count);
	}
	if (status != STATUS_OK || chain.broken)
		return status;
	if (chain.seq != last_seq)
		tell_broken(verify, &chain, chain.seq + 1, "", cli_text(verify->args->lang, "the event is missing", "событие пропало"));
	else if (memcmp(chain.hash.bytes, expected.bytes, SHA256_BYTES) != 0)
		tell_broken(verify, &chain, last_seq, "", cli_text(verify->args->lang, "the head is not the hash of the last event", "голова журнала не равна хешу последнего события"));
	return STATUS_OK;
}

static enum status verify_all(struct verify *verify, size_t *ret_regions)
{
	static const char SQL[] =
		"SELECT h.region_id, h.last_seq, h.hash FROM effreg.event_head h JOIN effreg.region r USING (region_id)"
		" WHERE $1::text IS NULL OR h.region_id = $1 OR r.iso = pg_catalog.upper($1) ORDER BY h.region_id";
	const struct db_param params[] = {db_text(cli_args_value(verify->args, "region"))};
	struct arena *heads = arena_new(ARENA_BYTES_MAX);
	struct db_rows *rows;
	enum status status = db_query(verify->db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status == STATUS_OK) {
		*ret_regions = db_rows_count(rows);
		for (size_t row = 0; row < *ret_regions && status == STATUS_OK; row++)
			status = verify_region(verify, db_get_text(rows, row, 0), (uint64_t)db_get_integer(rows, row, 1), db_get_bytes(rows, row, 2, heads));
		db_rows_destroy(&rows);
	}
	arena_destroy(&heads);
	return status;
}

int cli_log_verify(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct verify verify = {.args = &args};
	enum cli_format format;
	size_t regions = 0;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format))
		return CLI_EXIT_USAGE;
	if (cli_output_connect_db(&args, &verify.db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	verify.json = format == CLI_FORMAT_JSON;
	verify.arena = arena_new(ARENA_BYTES_MAX);
	enum status status = verify_all(&verify, &regions);
	cli_output_progress_end();
	if (status != STATUS_OK)
		cli_output_error(&args, "%s", db_error(verify.db));
	else
		fprintf(stderr, cli_text(args.lang, "%zu events of %zu regions, %zu chains broken\n", "событий: %zu, регионов: %zu, нарушенных цепочек: %zu\n"),
		        verify.events, regions, verify.broken);
	arena_destroy(&verify.arena);
	db_disconnect(&verify.db);
	if (status != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	return verify.broken == 0 ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
}
