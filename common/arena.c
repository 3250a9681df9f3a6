#include "common/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The first block is small, for arenas that live for one batch: to clear what nobody uses costs more than the batch. Each further one
 * is twice the one before, up to the largest; what does not fit gets a block of its own. */
#define BLOCK_FIRST ((size_t)4 * 1024)
#define BLOCK_BYTES ((size_t)64 * 1024)

struct block {
	struct block *next;
	size_t size;  /* usable bytes */
	size_t used;
	_Alignas(16) char bytes[];
};

struct arena {
	struct block *blocks;  /* newest first; the largest that is not larger than BLOCK_BYTES is kept over a reset */
	size_t bytes_max;
	size_t used;
};

struct arena *arena_new(size_t bytes_max)
{
	struct arena *arena = calloc(1, sizeof *arena);
	ASSERT(arena != NULL);
	arena->bytes_max = bytes_max;
	return arena;
}

static void blocks_free(struct block *block)
{
	while (block != NULL) {
		struct block *next = block->next;
		free(block);
		block = next;
	}
}

void arena_destroy(struct arena **arena)
{
	if (*arena == NULL)
		return;
	blocks_free((*arena)->blocks);
	free(*arena);
	*arena = NULL;
}

static struct block *block_push(struct arena *arena, size_t bytes)
{
	size_t size = arena->blocks == NULL ? BLOCK_FIRST : 2 * arena->blocks->size;
	if (size > BLOCK_BYTES)
		size = BLOCK_BYTES;
	if (size < bytes)
		size = bytes;
	struct block *block = calloc(1, sizeof *block + size);
	ASSERT(block != NULL);
	block->next = arena->blocks;
	block->size = size;
	arena->blocks = block;
	return block;
}

/* Bytes of the arena; *ret_zeroed: they are zero already. */
static void *take(struct arena *arena, size_t bytes, bool *ret_zeroed)
{
	size_t rounded = (bytes + 15) & ~(size_t)15;
	ASSERT(rounded >= bytes && rounded <= arena->bytes_max - arena->used);
	struct block *block = arena->blocks;
	/* A block comes zeroed: of a large one, fresh from the system, no page is touched before it is used. */
	*ret_zeroed = block == NULL || block->size - block->used < rounded;
	if (*ret_zeroed)
		block = block_push(arena, rounded);
	void *memory = block->bytes + block->used;
	block->used += rounded;
	arena->used += rounded;
	return memory;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
	bool zeroed;
	void *memory = take(arena, bytes, &zeroed);
	return zeroed ? memory : memset(memory, 0, bytes);
}

void *arena_alloc_unset(struct arena *arena, size_t bytes)
{
	bool zeroed;
	return take(arena, bytes, &zeroed);
}

void *arena_alloc_array(struct arena *arena, size_t size, size_t count)
{
	ASSERT(size == 0 || count <= SIZE_MAX / size);
	return arena_alloc(arena, size * count);
}

char *arena_text(struct arena *arena, const char *at, size_t len)
{
	char *copy = arena_alloc_unset(arena, len + 1);
	if (len > 0)
		memcpy(copy, at, len);
	copy[len] = '\0';
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int len = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	ASSERT(len >= 0);
	char *text = arena_alloc(arena, (size_t)len + 1);
	va_start(arguments, format);
	vsnprintf(text, (size_t)len + 1, format, arguments);
	va_end(arguments);
	return text;
}

void arena_reset(struct arena *arena)
{
	struct block *kept = NULL;
	for (struct block *block = arena->blocks, *next; block != NULL; block = next) {
		next = block->next;
		struct block *gone = block;
		if (block->size <= BLOCK_BYTES && (kept == NULL || kept->size < block->size)) {
			gone = kept;
			kept = block;
		}
		free(gone);
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
	}
	arena->blocks = kept;
	arena->used = 0;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
