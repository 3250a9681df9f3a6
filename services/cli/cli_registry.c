#include "services/cli/cli_registry.h"

#include "common/embedded.h"

enum status registry_find_file(const char *path, struct span *ret_text, struct fault *fault)
{
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT; i++) {
		if (text_equal(EMBEDDED_FILES[i].path, path)) {
			*ret_text = span_of((const char *)EMBEDDED_FILES[i].bytes, EMBEDDED_FILES[i].len);
			return STATUS_OK;
		}
	}
	return fault_set(fault, STATUS_BUG, "embedded", "", -1, "this build has no %s", path);
}

enum status registry_load_regions(struct generate_registry *ret_registry, struct fault *fault)
{
	struct span text;
	enum status status = registry_find_file("proto/registry/regions.csv", &text, fault);
	return status == STATUS_OK ? generate_registry_parse(text, ret_registry, fault) : status;
}

enum status registry_find_region(const char *code, char ret_region[OKTMO_TEXT_SIZE], struct fault *fault)
{
	struct generate_registry registry;
	enum status status = registry_load_regions(&registry, fault);
	if (status != STATUS_OK)
		return status;
	const struct generate_region *region = generate_registry_find(&registry, span_of_text(code));
	if (region == NULL)
		return fault_set(fault, STATUS_NOT_FOUND, "region", "", -1, "there is no region %s", code);
	memcpy(ret_region, region->oktmo, OKTMO_TEXT_SIZE);
	return STATUS_OK;
}
