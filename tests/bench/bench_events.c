#include "tests/bench/bench_events.h"

#include <inttypes.h>
#include <stdio.h>

/* The last text is filled up to the size asked for; Russian, as most of what regions send. */
static const char TAIL[] = "\"}}";

/* text: the event without what fills it up. */
static void fill_up(char at[BENCH_EVENT_BYTES], const char *text, int len, const char *tail_text)
{
	size_t tail = strlen(tail_text);
	ASSERT(len > 0 && (size_t)len + tail < BENCH_EVENT_BYTES);
	memcpy(at, text, (size_t)len);
	memset(at + len, '.', BENCH_EVENT_BYTES - (size_t)len - tail);
	memcpy(at + BENCH_EVENT_BYTES - tail, tail_text, tail);
}

void bench_event_write_practice(char at[BENCH_EVENT_BYTES], const char *region, uint64_t sequence, const struct ident_uuid *id)
{
	char text[BENCH_EVENT_BYTES], id_text[UUID_TEXT_SIZE];

	ident_uuid_format(id, id_text);
	int len = snprintf(text, sizeof text,
	                   "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"" BENCH_SOURCE "\","
	                   "\"type\":\"effreg.practice.published.v1\",\"subject\":\"%s/practice/B-%06" PRIu64 "\","
	                   "\"time\":\"2023-05-11T08:00:00Z\",\"datacontenttype\":\"application/json\",\"sequence\":\"%" PRIu64 "\","
	                   "\"data\":{\"practice\":\"B-%06" PRIu64 "\",\"sphere\":\"education\",\"platform\":\"other\","
	                   "\"title\":{\"ru\":\"Быстрее ",
	                   id_text, region, sequence, sequence, sequence);
	fill_up(at, text, len, "\"}}}");
}

void bench_event_write(char at[BENCH_EVENT_BYTES], const char *region, uint64_t sequence, const struct ident_uuid *id)
{
	char text[BENCH_EVENT_BYTES], id_text[UUID_TEXT_SIZE];

	ident_uuid_format(id, id_text);
	int len = snprintf(text, sizeof text,
	                   "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"" BENCH_SOURCE "\","
	                   "\"type\":\"effreg.indicator.planned.v1\",\"subject\":\"%s/project/P-%04" PRIu64 "\","
	                   "\"time\":\"2023-05-11T08:00:00Z\",\"datacontenttype\":\"application/json\",\"sequence\":\"%" PRIu64 "\","
	                   "\"data\":{\"project\":\"P-%04" PRIu64 "\",\"indicator\":\"lead_time\",\"unit\":\"working_day\","
	                   "\"base\":{\"value\":\"7\",\"on\":\"2023-05-10\"},\"target\":{\"value\":\"3.5\",\"on\":\"2023-08-31\"},"
	                   "\"method\":\"Медиана срока\",\"origin\":\"Журнал ",
	                   id_text, region, sequence % 1000, sequence, sequence % 1000);
	fill_up(at, text, len, TAIL);
}
