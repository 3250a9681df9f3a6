#include "services/intake/intake_region.h"

#include "services/intake/intake_session.h"

#include <stdio.h>
#include <stdlib.h>

struct intake_regions {
	struct intake_region *all[INTAKE_REGIONS_MAX];
	size_t count;
	struct intake_region *ring_first, **ring_end;  /* whose append may begin, in turn */
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

int64_t intake_region_due(struct intake_regions *regions, struct intake_region *region, int64_t now_ms)
{
	if (region->first == NULL || region->under_way)
		return -1;
	if (region->retry_ms > now_ms)
		return region->retry_ms - now_ms;
	int64_t gather_ms = region->begun_ms + INTAKE_GATHER_MS - now_ms;
	if (!region->in_ring && gather_ms > 0 && !is_full(region))
		return gather_ms;
	if (!region->in_ring) {
		region->in_ring = true;
		region->next = NULL;
		*regions->ring_end = region;
		regions->ring_end = &region->next;
	}
	return 0;
}

struct intake_region *intake_regions_next(struct intake_regions *regions, int64_t now_ms)
{
	struct intake_region *region = regions->ring_first;
	if (region == NULL)
		return NULL;
	regions->ring_first = region->next;
	if (regions->ring_first == NULL)
		regions->ring_end = &regions->ring_first;
	region->in_ring = false;
	region->under_way = true;
	region->begun_ms = now_ms;
	return region;
}
