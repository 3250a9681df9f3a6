/* ident: identifiers: UUIDs, regions, names of things inside a region, instants.
 *
 * Randomness and the clock come in as arguments: this file has neither. */
#ifndef EFFREG_IDENT_H
#define EFFREG_IDENT_H

#include "common/status.h"

#define UUID_TEXT_SIZE   37  /* with the terminating zero */
#define OKTMO_TEXT_SIZE  9
#define OKTMO_LEN        8
#define INSTANT_TEXT_SIZE 32

struct ident_uuid {
	uint8_t bytes[16];
};

bool ident_uuid_parse(const char *text, struct ident_uuid *ret_uuid) MUST_CHECK;   /* any case; only the 36-byte form */
void ident_uuid_format(const struct ident_uuid *uuid, char text[UUID_TEXT_SIZE]);  /* lower case */
/* RFC 9562 version 7 of a Unix time in milliseconds and ten random bytes. */
struct ident_uuid ident_uuid_v7(uint64_t unix_ms, const uint8_t random[10]);
/* RFC 9562 version 5: of a name within a space; the same always. */
struct ident_uuid ident_uuid_v5(const struct ident_uuid *space, struct span name);

bool ident_is_oktmo(const char *text);  /* exactly eight digits */
bool ident_is_name(const char *text);   /* entity ids: 1..64 of A-Z a-z 0-9 . _ - */

/* Instants are microseconds since 1970-01-01T00:00:00Z. RFC 3339 with any offset in, UTC with "Z" out; a leap
 * second (:60) is taken as the next second; digits beyond the sixth are dropped. Years 1970 to 9999. */
bool instant_parse(const char *text, int64_t *ret_us) MUST_CHECK;
void instant_format(int64_t us, char text[INSTANT_TEXT_SIZE]);  /* six digits of fraction, or none when it is zero */
bool date_parse(const char *text, int64_t *ret_us) MUST_CHECK;  /* "2023-01-31" as its midnight, UTC */

/* The form alone, years 0000 to 9999: what the formats date-time and date of JSON Schema ask. */
bool instant_is_rfc3339(const char *text);
bool date_is_rfc3339(const char *text);

/* Periods: "2026", "2026-H1", "2026-Q3", "2026-09": [from, to) in UTC. */
struct period {
	char code[8];
	int64_t from_us;
	int64_t to_us;
};
bool period_parse(const char *code, struct period *ret_period) MUST_CHECK;
/* Of the same length; false before 1970. */
bool period_previous(const struct period *period, struct period *ret_previous) MUST_CHECK;
void period_of_year(int64_t us, struct period *ret_period);

#endif
