#include "services/metrics/recent.h"

#include <stdlib.h>

#define SLOTS_MIN 1024

struct kept {
	uint64_t region, seq;
	int64_t recorded_us;
	struct kept *later;   /* kept after this one */
	struct kept *slot_next;
	size_t len;
	char body[];
};

struct recent {
	size_t bytes, bytes_max, count;
	struct kept *first, *last;   /* in the order of keeping */
	struct kept **slots;         /* chains; slots_count is a power of two */
	size_t slots_count;
};

struct recent *recent_new(size_t bytes_max)
{
	struct recent *recent = calloc(1, sizeof *recent);
	ASSERT(recent != NULL);
	recent->bytes_max = bytes_max;
	recent->slots_count = SLOTS_MIN;
	recent->slots = calloc(SLOTS_MIN, sizeof *recent->slots);
	ASSERT(recent->slots != NULL);
	return recent;
}

void recent_destroy(struct recent **recent)
{
	struct recent *gone = *recent;
	if (gone == NULL)
		return;
	for (struct kept *kept = gone->first, *later; kept != NULL; kept = later) {
		later = kept->later;
		free(kept);
	}
	free(gone->slots);
	free(gone);
	*recent = NULL;
}

/* The eight digits of the code. */
static uint64_t number_of(const char *region)
{
	uint64_t number = 0;
	memcpy(&number, region, OKTMO_TEXT_SIZE - 1);
	return number;
}

static struct kept **slot_of(const struct recent *recent, uint64_t region, uint64_t seq)
{
	uint64_t hash = (region ^ seq * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	return &recent->slots[(hash >> 32) & (recent->slots_count - 1)];
}

static struct kept *find(const struct recent *recent, uint64_t region, uint64_t seq)
{
	struct kept *kept = *slot_of(recent, region, seq);
	while (kept != NULL && (kept->seq != seq || kept->region != region))
		kept = kept->slot_next;
	return kept;
}

static size_t bytes_of(const struct kept *kept)
{
	return sizeof *kept + kept->len;
}

static void hang(struct recent *recent, struct kept *kept)
{
	struct kept **slot = slot_of(recent, kept->region, kept->seq);
	kept->slot_next = *slot;
	*slot = kept;
}

static void slots_grow(struct recent *recent)
{
	if (recent->count < recent->slots_count)
		return;
	free(recent->slots);
	recent->slots_count *= 2;
	recent->slots = calloc(recent->slots_count, sizeof *recent->slots);
	ASSERT(recent->slots != NULL);
	for (struct kept *kept = recent->first; kept != NULL; kept = kept->later)
		hang(recent, kept);
}

void recent_keep(struct recent *recent, const char region[OKTMO_TEXT_SIZE], const struct recent_event *event)
{
	uint64_t number = number_of(region);
	if (event->body.len + sizeof(struct kept) > recent->bytes_max || find(recent, number, event->seq) != NULL)
		return;
	struct kept *kept = malloc(sizeof *kept + event->body.len);
	ASSERT(kept != NULL);
	*kept = (struct kept){.region = number, .seq = event->seq, .recorded_us = event->recorded_us, .len = event->body.len};
	memcpy(kept->body, event->body.at, event->body.len);
	slots_grow(recent);
	hang(recent, kept);
	if (recent->last != NULL)
		recent->last->later = kept;
	else
		recent->first = kept;
	recent->last = kept;
	recent->bytes += bytes_of(kept);
	recent->count++;
}

bool recent_find(const struct recent *recent, const char region[OKTMO_TEXT_SIZE], uint64_t seq, struct recent_event *ret_event)
{
	const struct kept *kept = find(recent, number_of(region), seq);
	if (kept == NULL)
		return false;
	*ret_event = (struct recent_event){.seq = seq, .recorded_us = kept->recorded_us, .body = span_of(kept->body, kept->len)};
	return true;
}

/* *at, whose predecessor in the order of keeping is before. */
static void drop(struct recent *recent, struct kept **at, struct kept *before)
{
	struct kept *gone = *at, **slot = slot_of(recent, gone->region, gone->seq);
	while (*slot != gone)
		slot = &(*slot)->slot_next;
	*slot = gone->slot_next;
	*at = gone->later;
	if (recent->last == gone)
		recent->last = before;
	recent->bytes -= bytes_of(gone);
	recent->count--;
	free(gone);
}

void recent_forget(struct recent *recent, const char region[OKTMO_TEXT_SIZE])
{
	uint64_t number = number_of(region);
	struct kept **at = &recent->first, *before = NULL;
	while (*at != NULL) {
		if ((*at)->region == number) {
			drop(recent, at, before);
			continue;
		}
		before = *at;
		at = &before->later;
	}
}

void recent_shrink(struct recent *recent)
{
	while (recent->bytes > recent->bytes_max)
		drop(recent, &recent->first, NULL);
}

size_t recent_bytes(const struct recent *recent)
{
	return recent->bytes;
}
