/* intake_line: the connections of clients that go on sending what is dropped. Each is narrowed (bus_line_narrow) until it has been
 * quiet for INTAKE_LINE_QUIET_MS: to decipher a flood, which libzmq does before anybody can refuse, costs all other regions.
 *
 * A descriptor may have become another client's between a message's arrival and its turn. So a line belongs to the routing id it
 * was narrowed for, and whoever else speaks over it gets it back as it was: intake_lines_meet. */
#ifndef EFFREG_INTAKE_LINE_H
#define EFFREG_INTAKE_LINE_H

#include "common/bus.h"

#define INTAKE_LINES_MAX     65536  /* narrowed at a time, and the descriptors that can be: below that number */
#define INTAKE_LINE_QUIET_MS 120000 /* longer than the largest message takes over a narrow line, or a flood of these would pass for quiet */

struct intake_lines;

struct intake_lines *intake_lines_new(void);
void intake_lines_destroy(struct intake_lines **lines);

/* A message was dropped: if its line is narrow, it remains so for as long again. */
void intake_lines_note(struct intake_lines *lines, const struct bus_message *message, int64_t now_ms);
/* A message that came over socket, which is bound, was dropped, one too many: its line is narrowed. */
void intake_lines_narrow(struct intake_lines *lines, const struct bus_socket *socket, const struct bus_message *message, int64_t now_ms);
/* A message arrived: if its line was narrowed for somebody else, it is widened. */
void intake_lines_meet(struct intake_lines *lines, const struct bus_message *message);
/* Widens those that were quiet long enough. */
void intake_lines_expire(struct intake_lines *lines, int64_t now_ms);
size_t intake_lines_count(const struct intake_lines *lines);

#endif
