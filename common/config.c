#include "common/config.h"

#include "common/ambient.h"
#include "common/buf.h"
#include "common/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CONFIG_FILE_MAX  ((size_t)1024 * 1024)
#define CONFIG_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct config_value {
	const char *text;    /* NULL = not set */
	const char *origin;  /* "default", "the file", the name of a variable or flag */
};

struct config {
	const struct config_option *options;
	size_t count;
	struct arena *arena;
	struct config_value *values;
};

static bool find_option(const struct config *config, const char *name, size_t *ret_index)
{
	for (size_t i = 0; i < config->count; i++) {
		if (text_equal(config->options[i].name, name)) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/* Digits, perhaps behind a minus: strtoll would also take spaces and a plus, which JSON does not. */
static bool is_integer_within(const char *text, int64_t min, int64_t max)
{
	char *end;
	if (!isdigit((unsigned char)text[text[0] == '-']))
		return false;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && value >= min && value <= max;
}

static enum status set_value(struct config *config, size_t index, const char *text, const char *origin, struct fault *fault)
{
	const struct config_option *option = &config->options[index];
	if (option->kind == CONFIG_INTEGER && !is_integer_within(text, option->min, option->max))
		return fault_set(fault, STATUS_INVALID, "config", "", -1, "%s (from %s) is \"%s\"; it must be a whole number from %lld to %lld",
		                 option->name, origin, text, (long long)option->min, (long long)option->max);
	if (option->kind == CONFIG_FLAG && !text_equal(text, "true") && !text_equal(text, "false"))
		return fault_set(fault, STATUS_INVALID, "config", "", -1, "%s (from %s) is \"%s\"; it must be true or false", option->name,
		                 origin, text);
	config->values[index] = (struct config_value){.text = arena_text(config->arena, text, strlen(text)), .origin = origin};
	return STATUS_OK;
}

static const char *text_of_member(struct arena *arena, const struct json *member)
{
	int64_t integer;
	if (json_is(member, JSON_STRING))
		return json_string(member);
	if (json_is(member, JSON_BOOL))
		return json_bool(member) ? "true" : "false";
	if (json_is(member, JSON_NUMBER) && json_integer(member, &integer))
		return arena_printf(arena, "%lld", (long long)integer);
	return NULL;
}

static enum status load_file(struct config *config, const char *path, struct fault *fault)
{
	struct span text;
	const struct json *root;
	enum status status = ambient_read_file(config->arena, path, CONFIG_FILE_MAX, &text, fault);
	if (status == STATUS_OK)
		status = json_parse(config->arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &root, fault);
	if (status != STATUS_OK)
		return status;
	if (!json_is(root, JSON_OBJECT))
		return fault_set(fault, STATUS_INVALID, "config", "", -1, "%s must hold one JSON object", path);
	for (const struct json *member = json_first(root); member != NULL; member = json_next(member)) {
		size_t index;
		if (!find_option(config, json_name(member), &index))
			return fault_set(fault, STATUS_INVALID, "config", "", -1, "%s: there is no option \"%s\"; see --help", path, json_name(member));
		const char *value = text_of_member(config->arena, member);
		if (value == NULL)
			return fault_set(fault, STATUS_INVALID, "config", "", -1, "%s: option \"%s\" must be a string, a whole number or true/false",
			                 path, json_name(member));
		status = set_value(config, index, value, "the file", fault);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static char *environment_name(struct arena *arena, const char *option_name)
{
	char *name = arena_printf(arena, "EFFREG_%s", option_name);
	for (char *c = name; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	return name;
}

static enum status load_environment(struct config *config, struct fault *fault)
{
	for (size_t i = 0; i < config->count; i++) {
		const char *name = environment_name(config->arena, config->options[i].name);
		const char *text = getenv(name);
		enum status status = text == NULL ? STATUS_OK : set_value(config, i, text, name, fault);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

/* "--push-endpoint=x" or "--push-endpoint x" → index of push_endpoint; *ret_value is NULL when it is the next argument. */
static bool match_flag(const struct config *config, const char *argument, size_t *ret_index, const char **ret_value)
{
	char name[128];
	const char *equals = strchr(argument, '=');
	size_t len = equals == NULL ? strlen(argument) : (size_t)(equals - argument);
	if (len < 3 || len - 2 >= sizeof name || strncmp(argument, "--", 2) != 0)
		return false;
	for (size_t i = 2; i < len; i++)
		name[i - 2] = argument[i] == '-' ? '_' : argument[i];
	name[len - 2] = '\0';
	*ret_value = equals == NULL ? NULL : equals + 1;
	return find_option(config, name, ret_index);
}

static enum status load_flags(struct config *config, int argc, char **argv, struct fault *fault)
{
	for (int i = 1; i < argc; i++) {
		size_t index;
		const char *value, *flag = argv[i];
		if (!match_flag(config, flag, &index, &value))
			return fault_set(fault, STATUS_INVALID, "config", "", -1, "there is no option %s; see --help", flag);
		if (value == NULL && config->options[index].kind == CONFIG_FLAG)
			value = "true";
		else if (value == NULL && i + 1 < argc)
			value = argv[++i];
		if (value == NULL)
			return fault_set(fault, STATUS_INVALID, "config", "", -1, "%s needs a value; see --help", flag);
		enum status status = set_value(config, index, value, flag, fault);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static const char *file_argument(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--config=", 9) == 0)
			return argv[i] + 9;
		if (text_equal(argv[i], "--config") && i + 1 < argc)
			return argv[i + 1];
	}
	return getenv("EFFREG_CONFIG");
}

static enum status load_all(struct config *config, int argc, char **argv, struct fault *fault)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < config->count && status == STATUS_OK; i++) {
		if (config->options[i].default_value != NULL)
			status = set_value(config, i, config->options[i].default_value, "default", fault);
	}
	const char *path = file_argument(argc, argv);
	if (status == STATUS_OK && path != NULL && path[0] != '\0')
		status = load_file(config, path, fault);
	if (status == STATUS_OK)
		status = load_environment(config, fault);
	if (status == STATUS_OK)
		status = load_flags(config, argc, argv, fault);
	for (size_t i = 0; i < config->count && status == STATUS_OK; i++) {
		if (config->values[i].text == NULL)
			status = fault_set(fault, STATUS_INVALID, "config", "", -1, "%s is required: give --%s or %s", config->options[i].name,
			                   config->options[i].name, environment_name(config->arena, config->options[i].name));
	}
	return status;
}

enum status config_load(const struct config_option *options, size_t count, int argc, char **argv,
                        struct config **ret_config, struct fault *fault)
{
	struct config *config = calloc(1, sizeof *config);
	ASSERT(config != NULL);
	config->options = options;
	config->count = count;
	config->arena = arena_new(CONFIG_BYTES_MAX);
	config->values = arena_array(config->arena, struct config_value, count);
	enum status status = load_all(config, argc, argv, fault);
	if (status != STATUS_OK) {
		config_destroy(&config);
		return status;
	}
	*ret_config = config;
	return STATUS_OK;
}

void config_destroy(struct config **config)
{
	if (*config == NULL)
		return;
	arena_destroy(&(*config)->arena);
	free(*config);
	*config = NULL;
}

const char *config_text(const struct config *config, const char *name)
{
	size_t index;
	ASSERT(find_option(config, name, &index));
	return config->values[index].text;
}

int64_t config_integer(const struct config *config, const char *name)
{
	return strtoll(config_text(config, name), NULL, 10);
}

bool config_flag(const struct config *config, const char *name)
{
	return text_equal(config_text(config, name), "true");
}

/* What config_print leaves out: it says where settings come from and what to do with them, and is none. */
static bool is_setting(const struct config_option *option)
{
	return !text_equal(option->name, "config") && !text_equal(option->name, "check_config") && !text_equal(option->name, "print_config");
}

void config_print(const struct config *config)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, CONFIG_BYTES_MAX);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	for (size_t i = 0; i < config->count; i++) {
		const struct config_option *option = &config->options[i];
		if (!is_setting(option))
			continue;
		if (option->kind == CONFIG_TEXT)
			json_member_string(&writer, option->name, config->values[i].text);
		else if (option->kind == CONFIG_INTEGER)
			json_member_integer(&writer, option->name, config_integer(config, option->name));
		else
			json_member_bool(&writer, option->name, config_flag(config, option->name));
	}
	json_write_object_end(&writer);
	printf("%s\n", text.at);
	buf_clear(&text);
}

static void print_flag_name(const char *name)
{
	printf("  --");
	for (const char *c = name; *c != '\0'; c++)
		putchar(*c == '_' ? '-' : *c);
}

void config_help(const struct config_option *options, size_t count, const char *program, const char *purpose)
{
	printf("%s: %s\n\nOptions (each also as a member of the --config file and as EFFREG_<NAME> in the environment;\n"
	       "the file is overridden by the environment, the environment by the flag):\n",
	       program, purpose);
	for (size_t i = 0; i < count; i++) {
		print_flag_name(options[i].name);
		if (options[i].default_value == NULL)
			printf("  (required)");
		else if (options[i].default_value[0] != '\0')
			printf("  [%s]", options[i].default_value);
		printf("\n      %s\n", options[i].text);
	}
}
