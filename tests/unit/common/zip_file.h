/* ZIP files in memory, for the tests of what reads them. */
#ifndef EFFREG_TEST_ZIP_FILE_H
#define EFFREG_TEST_ZIP_FILE_H

#include "common/base.h"

#include <stdlib.h>
#include <zip.h>

struct zip_part {
	const char *name;
	const char *text;
	size_t len;           /* 0 = of the text */
	const char *password; /* NULL = none */
};

/* free() gives it back. */
static inline struct span zip_file(const struct zip_part *parts, size_t count)
{
	zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, NULL);
	ASSERT(zip != NULL);
	zip_source_keep(source);
	for (size_t i = 0; i < count; i++) {
		size_t len = parts[i].len > 0 ? parts[i].len : strlen(parts[i].text);
		zip_int64_t index = zip_file_add(zip, parts[i].name, zip_source_buffer(zip, parts[i].text, len, 0), 0);
		ASSERT(index >= 0);
		if (parts[i].password != NULL)
			ASSERT(zip_file_set_encryption(zip, (zip_uint64_t)index, ZIP_EM_AES_256, parts[i].password) == 0);
	}
	ASSERT(zip_close(zip) == 0);
	zip_stat_t about;
	zip_stat_init(&about);
	ASSERT(zip_source_stat(source, &about) == 0 && zip_source_open(source) == 0);
	char *bytes = malloc(about.size);
	ASSERT(bytes != NULL && zip_source_read(source, bytes, about.size) == (zip_int64_t)about.size);
	zip_source_close(source);
	zip_source_free(source);
	return span_of(bytes, about.size);
}

#endif
