#include "services/cli/cli_practices_print.h"

#include "services/cli/cli_output.h"
#include "services/cli/cli_registry.h"
#include "services/metrics/dictionary.h"

#include <stdio.h>

/* ---- Names ---- */

static bool take_name(void *context, const char *const *fields)
{
	struct practices_names *names = context;
	if (names->count == PRACTICES_NAMES_MAX)
		return false;
	names->items[names->count++] = (struct practices_name){
		.code = arena_text(names->arena, fields[0], strlen(fields[0])),
		.ru = arena_text(names->arena, fields[1], strlen(fields[1])),
		.en = arena_text(names->arena, fields[2], strlen(fields[2])),
	};
	return true;
}

enum status practices_names_load(struct practices_names *names, struct fault *fault)
{
	static const char *const FILES[] = {"proto/registry/spheres.csv", "proto/registry/indicators.csv"};
	static const struct dictionary_shape SHAPE = {
		.name = "names", .columns = {"code", "name_ru", "name_en"}, .row = "one of at most 128 codes",
	};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_COUNT(FILES) && status == STATUS_OK; i++) {
		struct span text;
		status = registry_find_file(FILES[i], &text, fault);
		if (status == STATUS_OK)
			status = dictionary_read(text, &SHAPE, take_name, names, fault);
	}
	return status;
}

const struct practices_region *practices_names_region(const struct practices_names *names, const char *code)
{
	for (size_t i = 0; i < names->regions_count; i++) {
		if (text_equal(names->regions[i].region, code) || (code[0] != '\0' && text_equal(names->regions[i].iso, code)))
			return &names->regions[i];
	}
	return NULL;
}

/* A code of no dictionary stands for itself. */
static const char *name_of(const struct practices_names *names, enum cli_lang lang, const char *code)
{
	for (size_t i = 0; i < names->count && code != NULL; i++) {
		if (text_equal(names->items[i].code, code))
			return lang == CLI_LANG_RU ? names->items[i].ru : names->items[i].en;
	}
	return code == NULL ? "" : code;
}

static const char *region_name(const struct practices_names *names, const char *code)
{
	const struct practices_region *region = practices_names_region(names, code);
	if (region == NULL)
		return code;
	return names->lang == CLI_LANG_RU ? region->name_ru : region->name_en;
}

/* The text in the reader's language, else in Russian, which is always there; id when there is no text. */
static const char *text_of(const struct practices_names *names, const struct json *text, const char *id)
{
	const char *found = names->lang == CLI_LANG_RU ? NULL : json_find_string(text, "en");
	if (found == NULL)
		found = json_find_string(text, "ru");
	return found == NULL ? id : found;
}

/* ---- As text ---- */

static void print_practice_line(const struct practices_names *names, const struct practice *practice)
{
	char id[128];
	snprintf(id, sizeof id, "%s/%s", practice->region, practice->id);
	cli_output_padded(id, 24);
	cli_output_padded(practice->published_on == NULL ? "—" : practice->published_on, 12);
	printf("%3zu %3zu  ", practice->adopted, practice->confirmed);
	printf("%s (%s)\n", text_of(names, practice->title, practice->id), name_of(names, names->lang, practice->sphere));
}

void practices_print_list(const struct practices_names *names, const struct practice *const *practices, size_t count)
{
	printf("%s\n", cli_text(names->lang, "practice                published     adopted, confirmed; title (sphere)",
	                        "практика                опубликована  внедрена, подтверждена; название (сфера)"));
	for (size_t i = 0; i < count; i++)
		print_practice_line(names, practices[i]);
}

static void print_detail(const char *label, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	printf("  ");
	cli_output_padded(label, 24);
	printf("%s\n", text);
}

static void print_improves(const struct practices_names *names, const struct practice *practice)
{
	for (size_t i = 0; i < practice->improves_count; i++)
		print_detail(i == 0 ? cli_text(names->lang, "improves", "улучшает") : "",
		             name_of(names, names->lang, practice->improves[i]));
}

static void print_step(const char *on, const char *what, const char *who)
{
	if (on != NULL)
		printf("    %s  %s%s%s\n", on, what, who == NULL || who[0] == '\0' ? "" : ": ", who == NULL ? "" : who);
}

static const char *effect_text(enum cli_lang lang, const char *effect)
{
	if (effect == NULL)
		return "";
	if (text_equal(effect, "as_in_source"))
		return cli_text(lang, "as in the source", "как у источника");
	if (text_equal(effect, "less"))
		return cli_text(lang, "less than in the source", "меньше, чем у источника");
	return text_equal(effect, "none") ? cli_text(lang, "no effect", "эффекта нет") : effect;
}

static const char *target_of(const struct practices_names *names, const struct practice_copy *copy)
{
	if (copy->to_region != NULL)
		return region_name(names, copy->to_region);
	return copy->to_authority != NULL ? copy->to_authority : name_of(names, names->lang, copy->to_sphere);
}

static void print_copy(const struct practices_names *names, const struct practice_copy *copy)
{
	enum cli_lang lang = names->lang;
	const char *adopter = copy->sphere == NULL ? copy->authority
		: arena_printf(names->arena, "%s (%s)", copy->authority == NULL ? "" : copy->authority, name_of(names, lang, copy->sphere));
	printf("  %s, %s\n", region_name(names, copy->region), copy->id);
	print_step(copy->recommended_on, cli_text(lang, "recommended", "рекомендована"), target_of(names, copy));
	print_step(copy->requested_on, cli_text(lang, "requested", "запрошена"), copy->authority);
	print_step(copy->adopted_on, cli_text(lang, "adopted", "внедрена"), adopter);
	print_step(copy->confirmed_on, cli_text(lang, "effect checked", "эффект проверен"), effect_text(lang, copy->effect));
}

void practices_print_one(const struct practices_names *names, const struct practice *practice)
{
	enum cli_lang lang = names->lang;
	printf("%s/%s  %s\n", practice->region, practice->id, text_of(names, practice->title, practice->id));
	print_detail(cli_text(lang, "region", "регион"), region_name(names, practice->region));
	print_detail(cli_text(lang, "sphere", "сфера"), name_of(names, lang, practice->sphere));
	print_detail(cli_text(lang, "process", "процесс"), practice->process == NULL ? NULL : text_of(names, practice->process, ""));
	print_improves(names, practice);
	print_detail(cli_text(lang, "project", "проект"), practice->project);
	print_detail(cli_text(lang, "registered", "зарегистрирована"), practice->registered_on);
	print_detail(cli_text(lang, "published", "опубликована"), practice->published_on);
	print_detail(cli_text(lang, "platform", "платформа"), practice->platform);
	print_detail(cli_text(lang, "address", "адрес"), practice->url);
	printf(cli_text(lang, "recommended %zu, requested %zu, adopted %zu, confirmed %zu; other regions %zu, other spheres %zu, authorities %zu\n",
	                "рекомендаций %zu, запросов %zu, внедрений %zu, подтверждено %zu; других регионов %zu, других сфер %zu, органов власти %zu\n"),
	       practice->recommended, practice->requested, practice->adopted, practice->confirmed, practice->regions,
	       practice->spheres, practice->authorities);
	for (const struct practice_copy *at = practice->copies; at != NULL; at = at->next)
		print_copy(names, at);
}

/* ---- Reasons ---- */

static const char *reason_text(const struct practices_names *names, enum cli_lang lang, const struct practice_reason *reason)
{
	char own[DECIMAL_TEXT_SIZE], typical[DECIMAL_TEXT_SIZE];
	const char *name = name_of(names, lang, reason->name);
	struct arena *arena = names->arena;
	decimal_format(reason->own, own);
	decimal_format(reason->typical, typical);
	switch (reason->kind) {
	case PRACTICE_REASON_SAME_PROCESS:
		return arena_printf(arena, cli_text(lang, "the region improves the same process: project %s",
		                                    "регион улучшает тот же процесс: проект %s"), name);
	case PRACTICE_REASON_SAME_SPHERE:
		return arena_printf(arena, cli_text(lang, "projects of the region in the same sphere (%s): %zu",
		                                    "проектов региона в той же сфере (%s): %zu"), name, reason->count);
	case PRACTICE_REASON_GAP:
		return arena_printf(arena, cli_text(lang, "there is a gap in «%s»: its median reduction is %s %% in the region and %s %% in the median region",
		                                    "есть отставание по показателю «%s»: медианное снижение в регионе — %s %%, в медианном регионе — %s %%"),
		                    name, own, typical);
	case PRACTICE_REASON_CONFIRMED:
		return arena_printf(arena, cli_text(lang, "effect confirmed elsewhere, adoptions: %zu",
		                                    "эффект подтверждён в других местах, внедрений: %zu"), reason->count);
	case PRACTICE_REASON_RECOMMENDED:
		return arena_printf(arena, "%s", cli_text(lang, "it was recommended to the region", "практика рекомендована региону"));
	case PRACTICE_REASON_REQUESTED:
		return arena_printf(arena, cli_text(lang, "an authority of the region asked for it: %s",
		                                    "практику запросил орган власти региона: %s"), name);
	case PRACTICE_REASON_RESULT:
		return arena_printf(arena, cli_text(lang, "in the project it grew from «%s» improved by %s %%",
		                                    "в исходном проекте показатель «%s» улучшен на %s %%"), name, own);
	case PRACTICE_REASON_WITHOUT_EFFECT:
		return arena_printf(arena, cli_text(lang, "no effect was found, adoptions: %zu", "эффекта не нашли, внедрений: %zu"),
		                    reason->count);
	default:
		return "";
	}
}

void practices_print_suggestions(const struct practices_names *names, const struct practice_suggestion *suggestions, size_t count)
{
	if (count == 0)
		printf("%s\n", cli_text(names->lang, "no practice of another region suits", "подходящих практик других регионов нет"));
	for (size_t i = 0; i < count; i++) {
		const struct practice *practice = suggestions[i].practice;
		printf("%zu. %s/%s  %s (%s): %d\n", i + 1, practice->region, practice->id, text_of(names, practice->title, practice->id),
		       region_name(names, practice->region), suggestions[i].points);
		for (size_t at = 0; at < suggestions[i].reasons_count; at++)
			printf("   %+d %s\n", suggestions[i].reasons[at].points, reason_text(names, names->lang, &suggestions[i].reasons[at]));
	}
}

/* ---- As JSON ---- */

/* An object of an event's data again as it was; null when there is none. */
static void write_json(struct json_writer *writer, const char *name, const struct json *value)
{
	struct buf text;
	buf_init(&text, (size_t)1024 * 1024);
	if (value != NULL && json_canonical(&text, value) == STATUS_OK && buf_ok(&text))
		json_member_raw(writer, name, buf_span(&text));
	else
		json_member_null(writer, name);
	buf_clear(&text);
}

static void write_count(struct json_writer *writer, const char *name, size_t count)
{
	json_member_integer(writer, name, (int64_t)count);
}

static void write_members(struct json_writer *writer, const struct practice *practice)
{
	json_member_string(writer, "region", practice->region);
	json_member_string(writer, "practice", practice->id);
	write_json(writer, "title", practice->title);
	json_member_string(writer, "sphere", practice->sphere);
	write_json(writer, "process", practice->process);
	json_write_name(writer, "improves");
	json_write_array(writer);
	for (size_t i = 0; i < practice->improves_count; i++)
		json_write_string(writer, practice->improves[i]);
	json_write_array_end(writer);
	json_member_string(writer, "project", practice->project);
	json_member_string(writer, "authority", practice->authority);
	json_member_string(writer, "registered_on", practice->registered_on);
	json_member_string(writer, "published_on", practice->published_on);
	json_member_string(writer, "platform", practice->platform);
	json_member_string(writer, "url", practice->url);
	write_count(writer, "recommended", practice->recommended);
	write_count(writer, "requested", practice->requested);
	write_count(writer, "adopted", practice->adopted);
	write_count(writer, "confirmed", practice->confirmed);
	write_count(writer, "regions", practice->regions);
	write_count(writer, "spheres", practice->spheres);
	write_count(writer, "authorities", practice->authorities);
}

void practices_write_list(struct json_writer *writer, const struct practice *const *practices, size_t count)
{
	json_write_array(writer);
	for (size_t i = 0; i < count; i++) {
		json_write_object(writer);
		write_members(writer, practices[i]);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

static void write_copy(struct json_writer *writer, const struct practice_copy *copy)
{
	json_write_object(writer);
	json_member_string(writer, "region", copy->region);
	json_member_string(writer, "replication", copy->id);
	json_member_string(writer, "authority", copy->authority);
	json_member_string(writer, "sphere", copy->sphere);
	json_member_string(writer, "project", copy->project);
	json_member_string(writer, "to_region", copy->to_region);
	json_member_string(writer, "to_authority", copy->to_authority);
	json_member_string(writer, "to_sphere", copy->to_sphere);
	json_member_string(writer, "recommended_on", copy->recommended_on);
	json_member_string(writer, "requested_on", copy->requested_on);
	json_member_string(writer, "adopted_on", copy->adopted_on);
	json_member_string(writer, "confirmed_on", copy->confirmed_on);
	json_member_string(writer, "effect", copy->effect);
	json_member_string(writer, "indicator", copy->indicator);
	write_json(writer, "figure", copy->figure);
	json_write_object_end(writer);
}

void practices_write_one(struct json_writer *writer, const struct practice *practice)
{
	json_write_object(writer);
	write_members(writer, practice);
	write_json(writer, "results", practice->results);
	json_write_name(writer, "replications");
	json_write_array(writer);
	for (const struct practice_copy *at = practice->copies; at != NULL; at = at->next)
		write_copy(writer, at);
	json_write_array_end(writer);
	json_write_object_end(writer);
}

static void write_reason(struct json_writer *writer, const struct practices_names *names, const struct practice_reason *reason)
{
	json_write_object(writer);
	json_member_string(writer, "code", practice_reason_code(reason->kind));
	json_member_integer(writer, "points", reason->points);
	json_write_name(writer, "text");
	json_write_object(writer);
	json_member_string(writer, "ru", reason_text(names, CLI_LANG_RU, reason));
	json_member_string(writer, "en", reason_text(names, CLI_LANG_EN, reason));
	json_write_object_end(writer);
	json_write_object_end(writer);
}

void practices_write_suggestions(struct json_writer *writer, struct practices_names *names, const char *region, const char *period,
                                 const struct practice_suggestion *suggestions, size_t count)
{
	json_write_object(writer);
	json_member_string(writer, "region", region);
	json_member_string(writer, "period", period[0] == '\0' ? NULL : period);
	json_write_name(writer, "suggestions");
	json_write_array(writer);
	for (size_t i = 0; i < count; i++) {
		json_write_object(writer);
		write_members(writer, suggestions[i].practice);
		json_member_integer(writer, "points", suggestions[i].points);
		json_write_name(writer, "why");
		json_write_array(writer);
		for (size_t at = 0; at < suggestions[i].reasons_count; at++)
			write_reason(writer, names, &suggestions[i].reasons[at]);
		json_write_array_end(writer);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
	json_write_object_end(writer);
}
