/* validate_load: events through contract_check, as intake and the agent call it, against json_parse alone of the same bytes.
 *
 *   bench_validate_load --events FILE.ndjson [--count 1000] [--rounds 20]
 *
 * Takes count lines evenly from the whole file, so that every type of event is among them. One round runs over them once in
 * each way; the median round is printed as one JSON object, with how often memory was asked for after the first round. Exit 1
 * when an event is not valid. */
#include "common/ambient.h"
#include "common/contract.h"
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_clock.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define ROUNDS_MAX     1000

static size_t allocations;

/* Every allocation of the process, those of libraries too, comes through here; a sanitizer has its own way in. */
#ifndef __SANITIZE_ADDRESS__
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);

void *malloc(size_t bytes)
{
	allocations++;
	return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	allocations++;
	return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
	allocations++;
	return __libc_realloc(memory, bytes);
}
#endif

struct load {
	struct contract *contract;
	struct arena *arena;
	struct span *events;
	size_t count;
};

static void fail(const char *what, const struct fault *fault)
{
	(void)fprintf(stderr, "validate_load: %s: %s %s\n", what, fault->pointer, fault->text);
	exit(1);
}

static size_t split(struct span text, struct span *lines)
{
	size_t count = 0;
	while (text.len > 0) {
		const char *end = memchr(text.at, '\n', text.len);
		size_t len = end != NULL ? (size_t)(end - text.at) : text.len;
		if (lines != NULL)
			lines[count] = span_of(text.at, len);
		count++;
		text = span_of(text.at + len + (end != NULL), text.len - len - (end != NULL));
	}
	return count;
}

static void read_events(struct load *load, struct arena *arena, const char *path, size_t count)
{
	struct fault fault = {0};
	struct span text;
	if (ambient_read_file(arena, path, FILE_BYTES_MAX, &text, &fault) != STATUS_OK)
		fail(path, &fault);
	size_t lines_count = split(text, NULL);
	struct span *lines = arena_array(arena, struct span, lines_count + 1);
	load->count = count < lines_count ? count : lines_count;
	load->events = arena_array(arena, struct span, load->count + 1);
	(void)split(text, lines);
	for (size_t i = 0; i < load->count; i++)
		load->events[i] = lines[i * lines_count / load->count];
}

static int64_t validate_all(const struct load *load)
{
	int64_t begin = bench_now_us();
	for (size_t i = 0; i < load->count; i++) {
		struct envelope envelope;
		char id[UUID_TEXT_SIZE];
		struct fault fault = {0};
		arena_reset(load->arena);
		if (contract_check(load->contract, load->events[i], load->arena, &envelope, id, &fault) != STATUS_OK)
			fail("an event is not valid", &fault);
	}
	return bench_now_us() - begin;
}

static int64_t parse_all(const struct load *load)
{
	int64_t begin = bench_now_us();
	for (size_t i = 0; i < load->count; i++) {
		const struct json *json;
		struct fault fault = {0};
		arena_reset(load->arena);
		if (json_parse(load->arena, load->events[i].at, load->events[i].len, &JSON_LIMITS_EVENT, &json, &fault) != STATUS_OK)
			fail("an event is no JSON", &fault);
	}
	return bench_now_us() - begin;
}

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

static int64_t median(int64_t *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

static size_t bytes_of(const struct load *load)
{
	size_t bytes = 0;
	for (size_t i = 0; i < load->count; i++)
		bytes += load->events[i].len;
	return bytes;
}

static void measure(const struct load *load, size_t rounds)
{
	static int64_t validate_us[ROUNDS_MAX], parse_us[ROUNDS_MAX];
	size_t before = 0;
	for (size_t i = 0; i <= rounds; i++) {  /* the first one warms up and is overwritten */
		size_t round = i > 0 ? i - 1 : 0;
		validate_us[round] = validate_all(load);
		parse_us[round] = parse_all(load);
		if (i == 0)
			before = allocations;
	}
	size_t asked = allocations - before;
	printf("{\"events\":%zu,\"bytes\":%zu,\"rounds\":%zu,\"validate_us\":%lld,\"parse_us\":%lld,\"allocations\":%zu}\n",
	       load->count, bytes_of(load), rounds, (long long)median(validate_us, rounds), (long long)median(parse_us, rounds),
	       asked);
}

int main(int argc, char **argv)
{
	struct fault fault = {0};
	struct arena *text = arena_new(2 * FILE_BYTES_MAX);
	struct load load = {.arena = arena_new((size_t)64 * 1024 * 1024)};
	size_t rounds = bench_argument_number(argc, argv, "rounds", "20");
	if (contract_new(&load.contract, &fault) != STATUS_OK)
		fail("contract", &fault);
	read_events(&load, text, bench_argument(argc, argv, "events", NULL), bench_argument_number(argc, argv, "count", "1000"));
	if (load.count > 0 && rounds > 0)
		measure(&load, rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX);
	contract_destroy(&load.contract);
	arena_destroy(&load.arena);
	arena_destroy(&text);
	return load.count > 0 && rounds > 0 ? 0 : 1;
}
