#include "services/intake/intake_region.h"

#include "services/intake/intake_session.h"

#include <stdio.h>
#include <stdlib.h>

struct intake_regions {
	struct intake_region *all[INTAKE_REGIONS_MAX];
	size_t count;
	struct intake_region *ring_first, **ring_end;  /* whose append may begin, in turn */
	int64_t small_held_ms;       /* small ones wait until then */
};

struct intake_regions *intake_regions_new(void)
{
	struct intake_regions *regions = calloc(1, sizeof *regions);
	ASSERT(regions != NULL);
	regions->ring_end = &regions->ring_first;
	return regions;
}

static void release_all(struct intake_region *region, struct intake_batch *batch)
{
	while (batch != NULL) {
		struct intake_batch *next = batch->next;
		intake_region_release(region, batch);
		batch = next;
	}
}

void intake_regions_destroy(struct intake_regions **regions)
{
	if (*regions == NULL)
		return;
	for (size_t i = 0; i < (*regions)->count; i++) {
		struct intake_region *region = (*regions)->all[i];
		release_all(region, intake_region_take_all(region, NULL));
		free(region);
	}
	free(*regions);
	*regions = NULL;
}

struct intake_region *intake_region_get(struct intake_regions *regions, const char *name)
{
	for (size_t i = 0; i < regions->count; i++) {
		if (text_equal(regions->all[i]->name, name))
			return regions->all[i];
	}
	if (regions->count == INTAKE_REGIONS_MAX)
		return NULL;
	struct intake_region *region = calloc(1, sizeof *region);
	ASSERT(region != NULL);
	snprintf(region->name, sizeof region->name, "%s", name);
	region->end = &region->first;
	regions->all[regions->count++] = region;
	return region;
}

void intake_regions_each(struct intake_regions *regions, void (*fn)(void *context, struct intake_region *region), void *context)
{
	for (size_t i = 0; i < regions->count; i++)
		fn(context, regions->all[i]);
}

/* ---- Waiting ---- */

void intake_region_add(struct intake_region *region, struct intake_batch *batch)
{
	batch->next = NULL;
	*region->end = batch;
	region->end = &batch->next;
	region->waiting_events += batch->count;
	region->waiting_bytes += batch->body.len;
	region->bytes += intake_batch_bytes(batch);
	batch->held_bytes = intake_batch_bytes(batch);
}

/* Takes *place out of the queue. */
static struct intake_batch *unlink_at(struct intake_region *region, struct intake_batch **place)
{
	struct intake_batch *batch = *place;
	*place = batch->next;
	if (region->end == &batch->next)
		region->end = place;
	batch->next = NULL;
	region->waiting_events -= batch->count;
	region->waiting_bytes -= batch->body.len;
	return batch;
}

/* One append is judged by one right: one key, and one token if there is any. */
static bool same_right(const struct intake_session *a, const struct intake_session *b)
{
	return a->key == b->key && a->has_token == b->has_token &&
	       (!a->has_token || memcmp(a->token.bytes, b->token.bytes, SHA256_BYTES) == 0);
}

struct intake_batch *intake_region_take(struct intake_region *region)
{
	struct intake_batch *taken = NULL, **end = &taken;
	size_t events = 0;
	const struct intake_session *session = region->first == NULL ? NULL : region->first->session;
	while (region->first != NULL && events + region->first->count <= STREAM_BATCH_MAX &&
	       same_right(region->first->session, session)) {
		*end = unlink_at(region, &region->first);
		events += (*end)->count;
		end = &(*end)->next;
	}
	return taken;
}

struct intake_batch *intake_region_take_all(struct intake_region *region, const struct intake_session *session)
{
	struct intake_batch *taken = NULL, **end = &taken;
	for (struct intake_batch **place = &region->first; *place != NULL;) {
		if (session != NULL && (*place)->session != session) {
			place = &(*place)->next;
			continue;
		}
		*end = unlink_at(region, place);
		end = &(*end)->next;
	}
	return taken;
}

void intake_region_release(struct intake_region *region, struct intake_batch *batch)
{
	region->bytes -= batch->held_bytes;
	intake_batch_destroy(&batch);
}

/* ---- Turns ---- */

static bool is_full(const struct intake_region *region)
{
	return region->waiting_events >= STREAM_BATCH_MAX || region->waiting_bytes >= PUSH_BODY_BYTES_MAX;
}

bool intake_region_is_small(const struct intake_region *region, int64_t now_ms)
{
	if (region->waiting_events > INTAKE_SMALL_EVENTS || region->waiting_bytes > INTAKE_SMALL_BYTES || region->failures > 0 ||
	    region->alone_ms > now_ms)
		return false;
	for (const struct intake_batch *batch = region->first; batch != NULL; batch = batch->next) {
		if (batch->refusals_count > 0)
			return false;
	}
	return true;
}

void intake_regions_hold_small(struct intake_regions *regions, int64_t until_ms)
{
	regions->small_held_ms = until_ms;
}

static int64_t wait_of(const struct intake_regions *regions, const struct intake_region *region, int64_t now_ms)
{
	int64_t gather_ms = region->begun_ms + INTAKE_GATHER_MS - now_ms;
	int64_t held_ms = regions->small_held_ms > now_ms && intake_region_is_small(region, now_ms) ? regions->small_held_ms - now_ms : 0;
	int64_t wait_ms = gather_ms > held_ms ? gather_ms : held_ms;
	return is_full(region) || wait_ms < 0 ? 0 : wait_ms;
}

int64_t intake_region_due(struct intake_regions *regions, struct intake_region *region, int64_t now_ms)
{
	if (region->first == NULL || region->under_way)
		return -1;
	if (region->retry_ms > now_ms)
		return region->retry_ms - now_ms;
	int64_t wait_ms = region->in_ring ? 0 : wait_of(regions, region, now_ms);
	if (wait_ms > 0)
		return wait_ms;
	if (!region->in_ring) {
		region->in_ring = true;
		region->next = NULL;
		*regions->ring_end = region;
		regions->ring_end = &region->next;
	}
	return 0;
}

static struct intake_region *begin_at(struct intake_regions *regions, struct intake_region **place, int64_t now_ms)
{
	struct intake_region *region = *place;
	if (region == NULL)
		return NULL;
	*place = region->next;
	if (regions->ring_end == &region->next)
		regions->ring_end = place;
	region->in_ring = false;
	region->under_way = true;
	region->begun_ms = now_ms;
	return region;
}

struct intake_region *intake_regions_next(struct intake_regions *regions, int64_t now_ms)
{
	return begin_at(regions, &regions->ring_first, now_ms);
}

struct intake_region *intake_regions_next_small(struct intake_regions *regions, int64_t now_ms)
{
	struct intake_region **place = &regions->ring_first;
	while (*place != NULL && !intake_region_is_small(*place, now_ms))
		place = &(*place)->next;
	return begin_at(regions, place, now_ms);
}
