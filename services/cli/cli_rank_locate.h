/* cli_rank_locate: the line of a JSON text that an offset or a JSON Pointer stands on, for messages. */
#ifndef EFFREG_CLI_RANK_LOCATE_H
#define EFFREG_CLI_RANK_LOCATE_H

#include "common/base.h"

/* Lines count from 1. */
size_t rank_line_of_offset(struct span text, size_t offset);
/* text: well-formed JSON. What the pointer names, or the nearest thing around it that is there. */
size_t rank_line_of_pointer(struct span text, const char *pointer);

#endif
