/* db_proxy: a door in front of PostgreSQL that counts the statements going through and cuts the line at a chosen one.
 *
 * A thread that passes bytes between a Unix socket of its own and the server's socket, Unix or TCP. At the chosen statement the line is cut before
 * the server got it, or after the server carried it out and before its answer passes; a process may be killed just then. So a
 * test ends something between any two statements, exactly, without guessing at times. After the cut everything passes. */
#ifndef EFFREG_DB_PROXY_H
#define EFFREG_DB_PROXY_H

#include "common/base.h"

#include <sys/types.h>

struct db_proxy;

enum db_proxy_moment { DB_PROXY_BEFORE, DB_PROXY_AFTER };

/* conninfo must name one host, or a folder with a Unix socket (host=/...). Fresh; NULL when it does not or the socket cannot be made. */
struct db_proxy *db_proxy_start(const char *conninfo);
void db_proxy_stop(struct db_proxy **proxy);
const char *db_proxy_conninfo(const struct db_proxy *proxy);  /* borrowed */

/* At the number-th statement from now (1 = the next; a parameterised statement and the end of a COPY are one each). 0 = never. */
void db_proxy_cut_at(struct db_proxy *proxy, unsigned number, enum db_proxy_moment moment);
/* At the next statement without parameters that is this text, alone or the last of a pipeline. */
void db_proxy_cut_on(struct db_proxy *proxy, const char *text, enum db_proxy_moment moment);
/* Not cut: before the number-th statement that is this text passes, call is made, in the proxy's thread. */
void db_proxy_call_on(struct db_proxy *proxy, const char *text, unsigned number, void (*call)(void *context), void *context);
/* Killed (SIGKILL) at the cut, before the line goes. 0 = nobody. */
void db_proxy_set_victim(struct db_proxy *proxy, pid_t victim);
bool db_proxy_has_cut(struct db_proxy *proxy);  /* or called, since it was last told when */

#endif
