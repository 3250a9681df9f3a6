/* row_table: rows of one kind, found by their key, with a stated maximum; remembers which rows changed.
 *
 * A row is a caller's struct whose first member is a struct row; it is made zeroed by row_table_get, keeps its
 * address and lives until the table is destroyed. Keys are hashed with a seed, so that nobody outside can choose
 * keys that collide. Rows are numbered in the order they were made, which says nothing about the domain. */
#ifndef EFFREG_METRICS_ROW_TABLE_H
#define EFFREG_METRICS_ROW_TABLE_H

#include "common/base.h"

struct row {
	const char *key;  /* belongs to the table */
	size_t at;        /* its number: row_table_at(table, row->at) == row */
	bool changed;     /* since the last row_table_clear_changes */
	bool gone;        /* nothing in effect speaks of it: not to be saved, or to be deleted when it was */
};

struct row_table;

/* row_bytes: size of the caller's struct. Fresh; give back with row_table_destroy. */
struct row_table *row_table_new(size_t row_bytes, size_t rows_max, uint64_t hash_seed);
void row_table_destroy(struct row_table **table);

/* The row of this key, or NULL. */
struct row *row_table_find(const struct row_table *table, const char *key);
/* The row of this key, made when there is none; NULL when that would pass rows_max. */
struct row *row_table_get(struct row_table *table, const char *key);

size_t row_table_count(const struct row_table *table);
struct row *row_table_at(const struct row_table *table, size_t at);

void row_table_mark_changed(struct row_table *table, struct row *row);
size_t row_table_changed_count(const struct row_table *table);
struct row *row_table_changed_at(const struct row_table *table, size_t at);
void row_table_clear_changes(struct row_table *table);

#endif
