/* arena: memory with one lifetime (process, session, turn), given back all at once.
 *
 * An arena never returns NULL: its maximum is a promise of its owner, who bounds what goes in; going
 * past it, or a machine without memory, ends the process. Pointers are aligned for any type. */
#ifndef EFFREG_ARENA_H
#define EFFREG_ARENA_H

#include "common/base.h"

struct arena;

/* bytes_max: the most the arena may ever hold. Fresh; give back with arena_destroy. */
struct arena *arena_new(size_t bytes_max);
void arena_destroy(struct arena **arena);

/* Zeroed memory, valid until the next reset. */
void *arena_alloc(struct arena *arena, size_t bytes);
/* The same, but its bytes may be anything: for what is written at once. */
void *arena_alloc_unset(struct arena *arena, size_t bytes);
char *arena_text(struct arena *arena, const char *at, size_t len);  /* a copy, terminated */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Forgets every allocation; keeps up to one block for the next turn. */
void arena_reset(struct arena *arena);
size_t arena_used(const struct arena *arena);

#define arena_array(arena, type, count) ((type *)arena_alloc_array((arena), sizeof(type), (count)))
void *arena_alloc_array(struct arena *arena, size_t size, size_t count);

#endif
