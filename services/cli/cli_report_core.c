#include "services/cli/cli_report_core.h"

#include "common/ident.h"
#include "services/cli/cli_report_view.h"

#include <stdio.h>

/* Membership is a sentence with its date. */
static const char *const IN_WORDS[] = {"joined", "club_member", NULL};

/* The definitions that no section told: what an analyst added since. */
static void add_other(struct report_view *view)
{
	const struct definitions *definitions = view->input->definitions;
	struct report_section *section = NULL;
	for (size_t i = 0; i < definitions->count; i++) {
		const char *const codes[] = {definitions->at[i].code, NULL};
		if (view->told[i] || definitions->at[i].of_others)
			continue;
		if (section == NULL)
			section = report_section_add(view->document, "other", cli_text(view->lang, "Other indicators", "Другие показатели"));
		report_figures_add(view, section, codes);
	}
}

static void day_of(int64_t us, char text[REPORT_DAY_SIZE])
{
	char instant[INSTANT_TEXT_SIZE];
	instant_format(us, instant);
	snprintf(text, REPORT_DAY_SIZE, "%.10s", instant);
}

static enum status view_set(const struct report_input *input, struct arena *arena, struct report_view *ret_view, struct fault *fault)
{
	*ret_view = (struct report_view){.input = input, .arena = arena, .lang = input->lang};
	if (!calendar_period_parse(input->period, &ret_view->period))
		return fault_set(fault, STATUS_INVALID, "period", "", -1,
		                 cli_text(input->lang, "%s is no period: 2023, 2023-H1, 2023-Q3 or 2023-09",
		                          "%s — не период: нужно 2023, 2023-H1, 2023-Q3 или 2023-09"), input->period);
	if (input->authority[0] != '\0' && report_find(ret_view, ENTITY_AUTHORITY, input->authority) == NULL)
		return fault_set(fault, STATUS_NOT_FOUND, "authority", "", -1,
		                 cli_text(input->lang, "the region has no authority %s", "в регионе нет органа власти %s"), input->authority);
	day_of(calendar_month_start(ret_view->period.first), ret_view->from);
	day_of(calendar_month_start(calendar_month_last(ret_view->period) + 1) - 1, ret_view->to);
	ret_view->subject = input->authority[0] == '\0' ? "" : arena_printf(arena, "%s%s", subject_kind_prefix(SUBJECT_AUTHORITY), input->authority);
	ret_view->told = arena_array(arena, bool, input->definitions->count);
	return STATUS_OK;
}

static struct report_document *head(const struct report_view *view)
{
	const struct report_input *input = view->input;
	struct report_document *document = report_document_new(view->arena, view->lang);
	const char *region = report_region_name(view, input->region);
	document->region = input->region;
	document->authority = input->authority;
	document->period = input->period;
	document->as_of_seq = input->as_of_seq;
	document->title = input->authority[0] == '\0' ? region : arena_printf(view->arena, "%s, %s", report_authority_name(view, input->authority), region);
	document->subtitle = arena_printf(view->arena, cli_text(view->lang, "Report of the programme «Эффективный регион», %s",
	                                                        "Отчёт по программе «Эффективный регион», %s"),
	                                  report_period(view->arena, view->lang, input->period));
	document->basis = arena_printf(view->arena, cli_text(view->lang, "From the events of the region's log up to No. %s.",
	                                                     "По событиям журнала региона до № %s включительно."),
	                               report_count_text(view, input->as_of_seq));
	return document;
}

enum status report_make(const struct report_input *input, struct arena *arena, struct report_document **ret_document,
                        struct fault *fault)
{
	struct report_view view;
	enum status status = view_set(input, arena, &view, fault);
	if (status != STATUS_OK)
		return status;
	view.document = head(&view);
	report_figures_omit(&view, IN_WORDS);
	report_add_place(&view);
	report_add_portfolio(&view);
	report_add_results(&view);
	report_add_people(&view);
	report_add_sharing(&view);
	report_add_problems(&view);
	report_add_governance(&view);
	report_add_quality(&view);
	add_other(&view);
	*ret_document = view.document;
	return STATUS_OK;
}
