/* intake_region: what waits for each region's log, and whose turn it is.
 *
 * A region has at most one append under way. Its batches wait in the order they came; the next append takes as many of them as
 * belong to one key (and token) and have no more than STREAM_BATCH_MAX events together. Regions that may append stand in a ring and are
 * served in turn. Small appends of several regions share a transaction; while one is under way the others gather, for what it costs is
 * the transaction and not its events. Without I/O; time is told. */
#ifndef EFFREG_INTAKE_REGION_H
#define EFFREG_INTAKE_REGION_H

#include "services/intake/intake_batch.h"

#define INTAKE_REGIONS_MAX      512
/* An append that is not full waits for more until this long after the region's last one began: one that trickles makes no more than 200
 * transactions a second. */
#define INTAKE_GATHER_MS        5
/* A small append: so many events and bytes wait, none of them refused. More is worth a transaction of its own. */
#define INTAKE_SMALL_EVENTS     50
#define INTAKE_SMALL_BYTES      ((size_t)64 * 1024)
/* A small append waits for the small ones under way, but no longer than this. */
#define INTAKE_SMALL_WAIT_MS    25
/* Where an append had a duplicate, a refusal or a failure others may follow: so long the region shares no transaction, lest its
 * neighbours' be rolled back for it. */
#define INTAKE_ALONE_MS         10000
/* Bytes that the batches of one region may hold of the process's memory. */
#define INTAKE_REGION_BYTES_MAX ((size_t)8 * 1024 * 1024)

struct intake_region {
	char name[OKTMO_TEXT_SIZE];
	size_t sessions;              /* open ones */
	struct intake_batch *first, **end;  /* waiting */
	size_t waiting_events, waiting_bytes;
	size_t bytes;                 /* of batches waiting and under way */
	bool under_way;
	int64_t begun_ms;             /* when the last append began */
	unsigned failures;            /* in a row */
	int64_t retry_ms;             /* failures > 0: not before then */
	int64_t alone_ms;             /* shares no transaction before then */
	bool resting;                 /* since a failure, until the database was seen to be there */
	bool probing;                 /* a job looks whether it is */
	int64_t touched_ms;           /* when its sessions were last asked whether they are there */
	struct intake_pace pace;
	bool in_ring;
	struct intake_region *next;   /* in the ring */
};

struct intake_regions;

struct intake_regions *intake_regions_new(void);
void intake_regions_destroy(struct intake_regions **regions);  /* with the batches that wait */

/* Made when it is new; NULL when there are INTAKE_REGIONS_MAX already. It stays. */
struct intake_region *intake_region_get(struct intake_regions *regions, const char *name);
void intake_regions_each(struct intake_regions *regions, void (*fn)(void *context, struct intake_region *region), void *context);

/* Takes the batch. */
void intake_region_add(struct intake_region *region, struct intake_batch *batch);
/* May its next append begin? 0: now, and it stands in the ring. > 0: so many ms from now, if nothing else comes. < 0: no. */
int64_t intake_region_due(struct intake_regions *regions, struct intake_region *region, int64_t now_ms);
/* Other small appends gather until until_ms, or until it is called with 0: none is under way any more. */
void intake_regions_hold_small(struct intake_regions *regions, int64_t until_ms);
/* Would its next append be small? */
bool intake_region_is_small(const struct intake_region *region, int64_t now_ms);
/* The next region of the ring, under way from now on; NULL when there is none. */
struct intake_region *intake_regions_next(struct intake_regions *regions, int64_t now_ms);
/* The same of those whose append is small. */
struct intake_region *intake_regions_next_small(struct intake_regions *regions, int64_t now_ms);
/* The batches of its next append, linked by next; its owner gives them back one by one by intake_region_release. */
struct intake_batch *intake_region_take(struct intake_region *region);
/* All that wait, or those of one session, linked by next. */
struct intake_batch *intake_region_take_all(struct intake_region *region, const struct intake_session *session);
/* Destroys a batch that was taken. */
void intake_region_release(struct intake_region *region, struct intake_batch *batch);

#endif
