/* cli_generate_journal: the events of one region: collected in any order, written in the order of time.
 *
 * The one place that knows the envelope, numbers the events and draws their ids. */
#ifndef EFFREG_CLI_GENERATE_JOURNAL_H
#define EFFREG_CLI_GENERATE_JOURNAL_H

#include "common/envelope.h"
#include "services/cli/cli_generate_registry.h"

#define GENERATE_EVENTS_MAX ((size_t)64 * 1024)  /* of one region */

struct generate_entry {
	int64_t second;       /* Unix time of the event */
	enum event_type type;
	uint32_t order;       /* of collecting; settles equal seconds */
	size_t data_at;       /* where its data stands in bodies */
	size_t data_len;
	char subject[96];     /* what follows the region: "/project/P-0001", or empty */
	bool corrects;        /* or withdraws: its data are what takes the place of the target's, or why it is withdrawn */
	uint32_t target;      /* the order of the event that it corrects */
	enum event_type target_type;
};

struct generate_journal {
	struct buf bodies;    /* the data of all events, end to end */
	struct json_writer writer;
	struct generate_entry *entries;
	size_t count;
	bool full;            /* more than GENERATE_EVENTS_MAX */
	const char *source;   /* NULL: the region's portal */
};

/* The arena must outlive the journal; clear frees the rest. */
void generate_journal_init(struct generate_journal *journal, struct arena *arena);
void generate_journal_clear(struct generate_journal *journal);

/* Opens an event's data object and returns the writer to fill it with. kind and name make the subject
 * ("project", "P-0001"); both NULL: the region itself. */
struct json_writer *generate_journal_begin(struct generate_journal *journal, enum event_type type, const char *kind,
                                           const char *name, int day, int second_of_day);
/* Closes it. An event after the last year is forgotten here, so that nobody else has to ask. False: it was forgotten; else it is the
 * journal's last, until the next begins. */
bool generate_journal_end(struct generate_journal *journal);

/* Of the event that was closed last, which was not forgotten. Correcting opens the data that take its place; withdrawing is done with it.
 * Days from 1: so many later. */
struct json_writer *generate_journal_correct(struct generate_journal *journal, int days);
void generate_journal_withdraw(struct generate_journal *journal, int days);

/* Members of the open data object: a text in both languages, a day. */
void generate_journal_text(struct generate_journal *journal, const char *name, const char *ru, const char *en);
void generate_journal_date(struct generate_journal *journal, const char *name, int day);

/* Appends one line per event. STATUS_TOO_LARGE when a limit was passed on the way. */
enum status generate_journal_write(struct generate_journal *journal, const struct generate_region *region,
                                   uint64_t seed, struct buf *lines) MUST_CHECK;

#endif
