#include "services/metrics/row_table.h"

#include <stdlib.h>

#define SLOTS_MIN 64

struct list {
	struct row **at;
	size_t count;
	size_t capacity;
};

struct row_table {
	size_t row_bytes;
	size_t rows_max;
	uint64_t hash_seed;
	struct list rows;
	struct list changed;
	struct row **slots;  /* open addressing, at most half full; slots_count is a power of two */
	size_t slots_count;
};

static void list_push(struct list *list, struct row *row)
{
	if (list->count == list->capacity) {
		list->capacity = list->capacity == 0 ? SLOTS_MIN : list->capacity * 2;
		list->at = realloc(list->at, list->capacity * sizeof *list->at);
		ASSERT(list->at != NULL);
	}
	list->at[list->count++] = row;
}

struct row_table *row_table_new(size_t row_bytes, size_t rows_max, uint64_t hash_seed)
{
	ASSERT(row_bytes >= sizeof(struct row));
	struct row_table *table = calloc(1, sizeof *table);
	ASSERT(table != NULL);
	*table = (struct row_table){.row_bytes = row_bytes, .rows_max = rows_max, .hash_seed = hash_seed};
	return table;
}

void row_table_destroy(struct row_table **table)
{
	if (*table == NULL)
		return;
	for (size_t i = 0; i < (*table)->rows.count; i++)
		free((*table)->rows.at[i]);
	free((*table)->rows.at);
	free((*table)->changed.at);
	free((*table)->slots);
	free(*table);
	*table = NULL;
}

static uint64_t hash_of(const struct row_table *table, const char *key)
{
	uint64_t hash = table->hash_seed ^ 0x9e3779b97f4a7c15u;
	for (const char *at = key; *at != '\0'; at++) {
		hash = (hash ^ (unsigned char)*at) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	return hash;
}

/* The slot that holds the key, or the free one where it would go. */
static struct row **slot_of(const struct row_table *table, const char *key)
{
	size_t mask = table->slots_count - 1;
	size_t at = hash_of(table, key) & mask;
	while (table->slots[at] != NULL && !text_equal(table->slots[at]->key, key))
		at = (at + 1) & mask;
	return &table->slots[at];
}

static void slots_grow(struct row_table *table)
{
	if (table->slots_count > table->rows.count * 2)
		return;
	table->slots_count = table->slots_count == 0 ? SLOTS_MIN : table->slots_count * 2;
	free(table->slots);
	table->slots = calloc(table->slots_count, sizeof *table->slots);
	ASSERT(table->slots != NULL);
	for (size_t i = 0; i < table->rows.count; i++)
		*slot_of(table, table->rows.at[i]->key) = table->rows.at[i];
}

struct row *row_table_find(const struct row_table *table, const char *key)
{
	return table->slots_count == 0 ? NULL : *slot_of(table, key);
}

/* The key is kept behind the row, in the same piece of memory. */
static struct row *row_new(const struct row_table *table, const char *key)
{
	size_t key_bytes = strlen(key) + 1;
	struct row *row = calloc(1, table->row_bytes + key_bytes);
	ASSERT(row != NULL);
	char *copy = (char *)row + table->row_bytes;
	memcpy(copy, key, key_bytes);
	row->key = copy;
	row->at = table->rows.count;
	return row;
}

struct row *row_table_get(struct row_table *table, const char *key)
{
	struct row *row = row_table_find(table, key);
	if (row != NULL || table->rows.count == table->rows_max)
		return row;
	slots_grow(table);
	row = row_new(table, key);
	*slot_of(table, key) = row;
	list_push(&table->rows, row);
	return row;
}

size_t row_table_count(const struct row_table *table)
{
	return table->rows.count;
}

struct row *row_table_at(const struct row_table *table, size_t at)
{
	ASSERT(at < table->rows.count);
	return table->rows.at[at];
}

void row_table_mark_changed(struct row_table *table, struct row *row)
{
	if (row->changed)
		return;
	row->changed = true;
	list_push(&table->changed, row);
}

size_t row_table_changed_count(const struct row_table *table)
{
	return table->changed.count;
}

struct row *row_table_changed_at(const struct row_table *table, size_t at)
{
	ASSERT(at < table->changed.count);
	return table->changed.at[at];
}

void row_table_clear_changes(struct row_table *table)
{
	for (size_t i = 0; i < table->changed.count; i++)
		table->changed.at[i]->changed = false;
	table->changed.count = 0;
}
