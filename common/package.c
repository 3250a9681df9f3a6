#include "common/package.h"

#include <stdlib.h>
#include <strings.h>
#include <zip.h>

#define PIECE_BYTES ((size_t)64 * 1024)

struct package {
	zip_t *zip;
};

static enum status damaged(struct fault *fault, const char *where, const char *why)
{
	return fault_tell(fault, STATUS_INVALID, "bad_xlsx", "", -1, "the file is damaged (%s: %s): open it in Excel and save it again",
	                  "файл повреждён (%s: %s): откройте его в Excel и сохраните заново", where, why);
}

static enum status damaged_by(struct fault *fault, const char *where, zip_error_t *error)
{
	enum status status = damaged(fault, where, zip_error_strerror(error));
	zip_error_fini(error);
	return status;
}

static int compare_names(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static enum status check_names(zip_t *zip, struct fault *fault)
{
	const char *names[PACKAGE_ENTRIES_MAX];
	zip_int64_t count = zip_get_num_entries(zip, 0);
	if (count <= 0)
		return damaged(fault, "zip", "there are no parts");
	if (count > PACKAGE_ENTRIES_MAX)
		return fault_tell(fault, STATUS_TOO_LARGE, "too_large", "", -1, "the file has %lld parts; at most %d are read",
		                  "в файле %lld частей; читается не более %d", (long long)count, PACKAGE_ENTRIES_MAX);
	for (zip_int64_t i = 0; i < count; i++) {
		names[i] = zip_get_name(zip, (zip_uint64_t)i, 0);
		if (names[i] == NULL)
			return damaged(fault, "zip", "a part has no name");
		if (strlen(names[i]) > PACKAGE_NAME_MAX)
			return fault_tell(fault, STATUS_TOO_LARGE, "too_large", "", -1, "a part's name has more than %d bytes",
			                  "имя части файла длиннее %d байт", PACKAGE_NAME_MAX);
	}
	qsort(names, (size_t)count, sizeof names[0], compare_names);
	for (zip_int64_t i = 1; i < count; i++) {
		if (strcasecmp(names[i - 1], names[i]) == 0)
			return damaged(fault, names[i], "there are two parts of this name");
	}
	return STATUS_OK;
}

enum status package_open(struct span bytes, struct package **ret_package, struct fault *fault)
{
	zip_error_t error;
	zip_error_init(&error);
	zip_source_t *source = zip_source_buffer_create(bytes.at, bytes.len, 0, &error);
	/* No ZIP_CHECKCONS: it refuses harmless habits of other writers; what it would find, the checksum of each part finds. */
	zip_t *zip = source == NULL ? NULL : zip_open_from_source(source, ZIP_RDONLY, &error);
	if (zip == NULL) {
		zip_source_free(source);
		return damaged_by(fault, "zip", &error);
	}
	zip_error_fini(&error);
	enum status status = check_names(zip, fault);
	if (status != STATUS_OK) {
		zip_discard(zip);
		return status;
	}
	struct package *package = malloc(sizeof *package);
	ASSERT(package != NULL);
	package->zip = zip;
	*ret_package = package;
	return STATUS_OK;
}

void package_close(struct package **package)
{
	if (*package == NULL)
		return;
	zip_discard((*package)->zip);
	free(*package);
	*package = NULL;
}

bool package_has(const struct package *package, const char *name)
{
	return zip_name_locate(package->zip, name, ZIP_FL_NOCASE) >= 0;
}

static enum status check_part(struct package *package, const char *name, zip_int64_t index, struct fault *fault)
{
	zip_stat_t about;
	if (index < 0)
		return damaged(fault, name, "there is no such part");
	zip_stat_init(&about);
	if (zip_stat_index(package->zip, (zip_uint64_t)index, 0, &about) != 0)
		return damaged(fault, name, zip_strerror(package->zip));
	if ((about.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && about.encryption_method != ZIP_EM_NONE)
		return fault_tell(fault, STATUS_INVALID, "bad_xlsx", "", -1, "%s is encrypted: save the workbook without a password",
		                  "%s зашифрована: сохраните книгу без пароля", name);
	if ((about.valid & ZIP_STAT_COMP_METHOD) != 0 && about.comp_method != ZIP_CM_STORE && about.comp_method != ZIP_CM_DEFLATE)
		return damaged(fault, name, "packed in a way that no workbook uses");
	return STATUS_OK;
}

static enum status read_pieces(zip_file_t *file, const char *name, package_take *take, void *context, struct fault *fault)
{
	char piece[PIECE_BYTES];
	size_t total = 0;
	zip_int64_t got;
	while ((got = zip_fread(file, piece, sizeof piece)) > 0) {
		total += (size_t)got;
		if (total > PACKAGE_PART_MAX)
			return fault_tell(fault, STATUS_TOO_LARGE, "too_large", "", -1, "%s is larger than %zu MiB unpacked: split the table",
			                  "%s в распакованном виде больше %zu МиБ: разделите таблицу", name, PACKAGE_PART_MAX >> 20);
		enum status status = take(context, span_of(piece, (size_t)got), fault);
		if (status != STATUS_OK)
			return status;
	}
	return got == 0 ? STATUS_OK : damaged(fault, name, zip_error_strerror(zip_file_get_error(file)));
}

enum status package_read(struct package *package, const char *name, package_take *take, void *context, struct fault *fault)
{
	zip_int64_t index = zip_name_locate(package->zip, name, ZIP_FL_NOCASE);
	enum status status = check_part(package, name, index, fault);
	if (status != STATUS_OK)
		return status;
	zip_file_t *file = zip_fopen_index(package->zip, (zip_uint64_t)index, 0);
	if (file == NULL)
		return damaged(fault, name, zip_strerror(package->zip));
	status = read_pieces(file, name, take, context, fault);
	(void)zip_fclose(file);
	return status;
}
