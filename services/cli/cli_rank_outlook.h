/* cli_rank_outlook: how `effreg rank` says what it found out beyond a place: columns of the table, members of JSON, lines. */
#ifndef EFFREG_CLI_RANK_OUTLOOK_H
#define EFFREG_CLI_RANK_OUTLOOK_H

#include "services/cli/cli_rank_output.h"
#include "services/cli/cli_rank_uncertainty.h"

#define RANK_OUTLOOK_COLUMNS 24

/* Columns; what a row of JSON has beside them (place_probabilities, beats_next, groups, move, sensitivity, variance_split) is
 * in JSON alone. */
void rank_outlook_add(const struct rank_outlook *outlook, struct rank_table *table);
/* Members of JSON: uncertainty, errors, sensitivity. */
void rank_outlook_write(const struct rank_outlook *outlook, struct json_writer *writer);
/* What drives the uncertainty, on stderr: a line a factor. */
void rank_outlook_print(const struct cli_args *args, const struct rank_outlook *outlook);

#endif
