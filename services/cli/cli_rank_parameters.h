/* cli_rank_parameters: what every replicate was drawn with, as a table: `set`, the number of the alternative taken for each
 * stage that has any (0 = the methodology's own), and the weight of each indicator and node. Without alternatives it is a file of
 * --weight-sets. Errors and values filled in follow from the seed. */
#ifndef EFFREG_CLI_RANK_PARAMETERS_H
#define EFFREG_CLI_RANK_PARAMETERS_H

#include "services/ranking/ranking_uncertainty.h"

/* Faults are those of writing the file. */
enum status rank_parameters_write(const char *path, const struct ranking_uncertainty *uncertainty, size_t replicates,
                                  struct fault *fault) MUST_CHECK;

#endif
