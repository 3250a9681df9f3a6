/* The page has no script and refers to nothing outside: it can be mailed, filed and printed. Its policy allows its own style
 * by hash and nothing else. Bars are <meter> elements, which a reader of the screen tells too, each beside its number. */
#include "services/cli/cli_report_document.h"

#include "common/crypto.h"

#define BASE64_SIZE 45  /* of 32 bytes, with the end */

static const char STYLE[] =
	":root{color-scheme:light dark}"
	"body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:CanvasText;background:Canvas}"
	"h1{font-size:1.7rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2.25rem 0 .5rem;padding-bottom:.25rem;"
	"border-bottom:2px solid}"
	".sub{font-size:1.1rem;margin:0}.basis{margin:.25rem 0 0;opacity:.8}"
	"nav ul{columns:2;padding-left:1.2rem}"
	"table{border-collapse:collapse;width:100%;margin:.75rem 0 1.25rem}"
	"caption{text-align:left;font-weight:600;padding:.25rem 0}"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid color-mix(in srgb,CanvasText 20%,Canvas)}"
	"th{font-weight:600}tbody th{font-weight:400}"
	".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
	".b{opacity:.8}.s{font-weight:700}"
	"meter{width:8rem;height:.9rem}"
	"ul.notes{list-style:none;padding:0}"
	".v{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}"
	"@media print{nav{display:none}body{margin:0;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}"
	"@media(max-width:40rem){meter{display:none}nav ul{columns:1}}";

static void base64(const uint8_t *at, size_t len, char text[BASE64_SIZE])
{
	static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t written = 0;
	for (size_t i = 0; i < len; i += 3) {
		unsigned left = (unsigned)(len - i);
		unsigned bits = (unsigned)at[i] << 16 | (left > 1 ? (unsigned)at[i + 1] << 8 : 0) | (left > 2 ? at[i + 2] : 0);
		text[written++] = DIGITS[bits >> 18 & 63];
		text[written++] = DIGITS[bits >> 12 & 63];
		text[written++] = left > 1 ? DIGITS[bits >> 6 & 63] : '=';
		text[written++] = left > 2 ? DIGITS[bits & 63] : '=';
	}
	text[written] = '\0';
}

static void write_escaped(struct buf *buf, const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		switch (*c) {
		case '&': buf_text(buf, "&amp;"); break;
		case '<': buf_text(buf, "&lt;"); break;
		case '>': buf_text(buf, "&gt;"); break;
		case '"': buf_text(buf, "&quot;"); break;
		default: buf_append(buf, c, 1); break;
		}
	}
}

static void write_element(struct buf *buf, const char *open, const char *text, const char *close)
{
	buf_text(buf, open);
	write_escaped(buf, text);
	buf_text(buf, close);
}

static void write_mark(struct buf *buf, enum cli_lang lang, enum report_mark mark)
{
	if (mark == REPORT_MARK_NONE)
		return;
	buf_printf(buf, "<span class=\"s\" aria-hidden=\"true\">%s </span><span class=\"v\">%s: </span>", report_mark_sign(mark),
	           report_mark_word(mark, lang));
}

static void write_head(struct buf *buf, const struct report_document *document)
{
	struct sha256 digest = sha256_of(STYLE, sizeof STYLE - 1);
	char hash[BASE64_SIZE];
	base64(digest.bytes, sizeof digest.bytes, hash);
	buf_printf(buf, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", document->lang == CLI_LANG_RU ? "ru" : "en");
	buf_printf(buf, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
	           "form-action 'none'\">\n", hash);
	buf_text(buf, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
	write_element(buf, "<title>", document->title, ", ");
	write_element(buf, "", document->subtitle, "</title>\n<style>");
	buf_text(buf, STYLE);
	buf_text(buf, "</style>\n</head>\n");
}

static void write_contents(struct buf *buf, const struct report_document *document)
{
	buf_printf(buf, "<nav aria-label=\"%s\">\n<ul>\n", cli_text(document->lang, "Contents", "Содержание"));
	for (const struct report_section *section = document->sections; section != NULL; section = section->next) {
		buf_printf(buf, "<li><a href=\"#%s\">", section->code);
		write_escaped(buf, section->title);
		buf_text(buf, "</a></li>\n");
	}
	buf_text(buf, "</ul>\n</nav>\n");
}

static void write_notes(struct buf *buf, const struct report_document *document, const struct report_section *section)
{
	if (section->notes == NULL)
		return;
	buf_text(buf, "<ul class=\"notes\">\n");
	for (const struct report_note *note = section->notes; note != NULL; note = note->next) {
		buf_text(buf, "<li>");
		write_mark(buf, document->lang, note->mark);
		write_element(buf, "", note->text, "</li>\n");
	}
	buf_text(buf, "</ul>\n");
}

static void write_figure(struct buf *buf, const struct report_figure *figure)
{
	write_element(buf, "<tr><th scope=\"row\">", figure->label, "</th><td class=\"n\">");
	write_escaped(buf, figure->text);
	buf_text(buf, "</td><td>");
	if (figure->permille >= 0) {
		buf_printf(buf, "<meter min=\"0\" max=\"1000\" value=\"%d\" aria-label=\"", figure->permille);
		write_escaped(buf, figure->label);
		write_element(buf, "\">", figure->text, "</meter>");
	}
	write_element(buf, "</td><td class=\"b\">", figure->basis == NULL ? "" : figure->basis, "</td></tr>\n");
}

static void write_figures(struct buf *buf, const struct report_document *document, const struct report_section *section)
{
	if (section->figures == NULL)
		return;
	write_element(buf, "<table>\n<caption class=\"v\">", section->title, "</caption>\n<thead class=\"v\"><tr>");
	buf_printf(buf, "<th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
	           cli_text(document->lang, "Indicator", "Показатель"), cli_text(document->lang, "Value", "Значение"),
	           cli_text(document->lang, "Bar", "Шкала"), cli_text(document->lang, "Counted from", "Из чего посчитано"));
	for (const struct report_figure *figure = section->figures; figure != NULL; figure = figure->next) {
		if (figure->value != NULL)
			write_figure(buf, figure);
	}
	buf_text(buf, "</tbody>\n</table>\n");
	const char *unknown = report_unknown_labels(document, section);
	if (unknown != NULL) {
		buf_printf(buf, "<p class=\"b\">%s: ", cli_text(document->lang, "Not known", "Нет данных"));
		write_element(buf, "", unknown, "</p>\n");
	}
}

static void write_row(struct buf *buf, const struct report_document *document, const struct report_table *table,
                      const struct report_row *row)
{
	buf_text(buf, "<tr>");
	for (size_t i = 0; i < table->columns_count; i++) {
		buf_text(buf, i == 0 ? "<th scope=\"row\"" : "<td");
		buf_text(buf, table->columns[i].number ? " class=\"n\">" : ">");
		if (i == 0)
			write_mark(buf, document->lang, row->mark);
		write_element(buf, "", row->cells[i], i == 0 ? "</th>" : "</td>");
	}
	buf_text(buf, "</tr>\n");
}

static void write_table(struct buf *buf, const struct report_document *document, const struct report_table *table)
{
	write_element(buf, "<table>\n<caption>", table->title, "</caption>\n<thead><tr>");
	for (size_t i = 0; i < table->columns_count; i++)
		write_element(buf, table->columns[i].number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">", table->columns[i].title, "</th>");
	buf_text(buf, "</tr></thead>\n<tbody>\n");
	for (const struct report_row *row = table->rows; row != NULL; row = row->next)
		write_row(buf, document, table, row);
	buf_text(buf, "</tbody>\n</table>\n");
	if (table->rows_count > table->rows_max)
		buf_printf(buf, cli_text(document->lang, "<p class=\"b\">… and %zu more</p>\n", "<p class=\"b\">… и ещё %zu</p>\n"),
		           table->rows_count - table->rows_max);
}

static void write_section(struct buf *buf, const struct report_document *document, const struct report_section *section)
{
	buf_printf(buf, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">", section->code, section->code, section->code);
	write_element(buf, "", section->title, "</h2>\n");
	if (report_section_is_empty(section))
		buf_printf(buf, "<p>%s</p>\n", cli_text(document->lang, "Nothing was reported.", "Сведений нет."));
	write_notes(buf, document, section);
	write_figures(buf, document, section);
	for (const struct report_table *table = section->tables; table != NULL; table = table->next) {
		if (table->rows_count > 0)
			write_table(buf, document, table);
	}
	buf_text(buf, "</section>\n");
}

void report_html_write(const struct report_document *document, struct buf *buf)
{
	write_head(buf, document);
	write_element(buf, "<body>\n<header>\n<h1>", document->title, "</h1>\n");
	write_element(buf, "<p class=\"sub\">", document->subtitle, "</p>\n");
	write_element(buf, "<p class=\"basis\">", document->basis, "</p>\n</header>\n");
	write_contents(buf, document);
	buf_text(buf, "<main>\n");
	for (const struct report_section *section = document->sections; section != NULL; section = section->next)
		write_section(buf, document, section);
	buf_text(buf, "</main>\n</body>\n</html>\n");
}
