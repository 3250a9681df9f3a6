/* embedded: the files of proto/schemas, proto/registry, deploy/migrations and deploy/citus as they were at build time. */
#ifndef EFFREG_EMBEDDED_H
#define EFFREG_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
	const char *path;            /* relative to the project: "proto/registry/regions.csv" */
	const unsigned char *bytes;  /* followed by a zero that is not counted */
	size_t len;
};

extern const struct embedded_file EMBEDDED_FILES[];  /* sorted by path */
extern const size_t EMBEDDED_FILES_COUNT;

#endif
