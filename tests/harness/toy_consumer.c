#include "tests/harness/toy_consumer.h"

#include <stdio.h>
#include <stdlib.h>

#define TURNS_A_CALL 4

bool toy_together;

enum status toy_tables(struct db *db)
{
	return db_exec(db, "DROP TABLE IF EXISTS public.toy_total, public.toy_applied;"
	                   "CREATE TABLE public.toy_total (consumer text, key text, total bigint, PRIMARY KEY (consumer, key));"
	                   "CREATE TABLE public.toy_applied (consumer text, key text, seq bigint)");
}

static enum status load_total(struct toy *toy, const struct stream_turn *turn)
{
	const struct db_param params[] = {db_text(toy->name), db_text(turn->key)};
	struct db_rows *rows;
	enum status status = db_query(turn->db, "SELECT total FROM public.toy_total WHERE consumer = $1 AND key = $2", params, 2, &rows);
	if (status != STATUS_OK)
		return status;
	toy->total = db_rows_count(rows) > 0 ? db_get_integer(rows, 0, 0) : 0;
	db_rows_destroy(&rows);
	return STATUS_OK;
}

static enum status save_total(struct toy *toy, const struct stream_turn *turn)
{
	static const char SQL[] =
		"WITH applied AS (INSERT INTO public.toy_applied SELECT $1, $2, generate_series($4::bigint, $5::bigint))"
		" INSERT INTO public.toy_total VALUES ($1, $2, $3::bigint)"
		" ON CONFLICT (consumer, key) DO UPDATE SET total = EXCLUDED.total";
	const struct db_param params[] = {
		db_text(toy->name), db_text(turn->key), db_integer(turn->arena, toy->total),
		db_integer(turn->arena, (int64_t)turn->cursor_seq + 1),
		db_integer(turn->arena, (int64_t)(turn->cursor_seq + turn->count))};
	return db_run(turn->db, SQL, params, ARRAY_COUNT(params), NULL);
}

static enum status misbehave(struct toy *toy, const struct stream_turn *turn)
{
	if (toy->bad_seq <= turn->cursor_seq || toy->bad_seq > turn->cursor_seq + turn->count)
		return STATUS_OK;
	toy->bad_tries++;
	if (toy->bad_call != NULL)
		toy->bad_call(toy->bad_context);
	return toy->bad_status;
}

static enum status apply_key(struct toy *toy, const struct stream_turn *turn)
{
	bool known = toy->kept && toy->seq == turn->cursor_seq && text_equal(toy->key, turn->key);
	enum status status = known ? STATUS_OK : load_total(toy, turn);
	toy->kept = false;
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < turn->count; i++)
		toy->total += toy->factor * strtoll(turn->records[i].body.at + strlen("{\"n\":"), NULL, 10);
	status = save_total(toy, turn);
	if (status == STATUS_OK)
		status = misbehave(toy, turn);
	snprintf(toy->key, sizeof toy->key, "%s", turn->key);
	toy->seq = turn->cursor_seq + turn->count;
	toy->kept = status == STATUS_OK;
	return status;
}

/* Of several keys: each as a turn of its own. */
static enum status toy_apply(void *context, const struct stream_turn *turn)
{
	struct toy *toy = context;
	enum status status = STATUS_OK;
	if (turn->key != NULL)
		return apply_key(toy, turn);
	toy->togethers += turn->count > 0 && !text_equal(turn->records[0].key, turn->records[turn->count - 1].key);
	for (size_t at = 0, end; status == STATUS_OK && at < turn->count; at = end) {
		struct stream_turn part = *turn;
		for (end = at; end < turn->count && text_equal(turn->records[end].key, turn->records[at].key); end++)
			;
		part.key = turn->records[at].key;
		part.cursor_seq = turn->records[at].seq - 1;
		part.records = &turn->records[at];
		part.count = end - at;
		status = apply_key(toy, &part);
	}
	return status;
}

static void toy_committed(void *context, const char *key, uint64_t cursor_seq)
{
	struct toy *toy = context;
	(void)key;
	toy->told_seq = cursor_seq;
}

static void toy_forget(void *context, const char *key)
{
	struct toy *toy = context;
	toy->forgets++;
	if (text_equal(toy->key, key))
		toy->kept = false;
}

void toy_open(struct toy *toy, struct db *db, const char *name, enum stream_poison poison, size_t batch_max)
{
	toy->db = db;
	toy->name = name;
	if (toy->factor == 0)
		toy->factor = 1;
	toy->consumer = stream_consumer_new(db, &(struct stream_consumer_options){
		.consumer = name, .stream = &STREAM_EVENT, .batch_max = batch_max, .poison = poison, .keeps_keys = toy->keeps_keys, .together = toy_together, .apply = toy_apply,
		.committed = toy_committed, .forget = toy_forget, .context = toy});
}

void toy_close(struct toy *toy)
{
	stream_consumer_destroy(&toy->consumer);
}

enum status toy_follow(struct toy *toy)
{
	unsigned turns = 1;
	enum status status = STATUS_OK;
	while (status == STATUS_OK && turns > 0)
		status = stream_consumer_work(toy->consumer, true, TURNS_A_CALL, &turns);
	return status;
}
