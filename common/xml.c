#include "common/xml.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>

#define SPACE_MARK '|'          /* between namespace and name, as expat joins them; no URI has one unescaped */
#define SPACE_MAX  ((size_t)256)  /* bytes of a namespace we know; longer ones are none of ours */

struct xml {
	XML_Parser parser;
	const struct xml_taker *taker;
	const char *name;
	unsigned depth;
	size_t fed;
	enum status status;         /* of the first fault */
	struct fault *fault;        /* of the call under way */
};

static void stop(struct xml *xml, enum status status)
{
	xml->status = status;
	(void)XML_StopParser(xml->parser, XML_FALSE);
}

static enum status refuse(struct xml *xml, const char *en, const char *ru)
{
	enum status status = fault_say(xml->fault, STATUS_INVALID, "bad_xml", "", -1, en, ru);
	fault_place(xml->fault, "%s, line %lu: ", "%s, строка %lu: ", xml->name, (unsigned long)XML_GetCurrentLineNumber(xml->parser));
	return status;
}

/* "space|name" in its two parts; space is the caller's room. */
static const char *split_name(const char *joined, char space[SPACE_MAX])
{
	const char *mark = strrchr(joined, SPACE_MARK);
	size_t len = mark == NULL ? 0 : (size_t)(mark - joined);
	if (len >= SPACE_MAX)
		len = 0;
	memcpy(space, joined, len);
	space[len] = '\0';
	return mark == NULL ? joined : mark + 1;
}

const char *xml_attribute(const struct xml_element *element, const char *space, const char *name)
{
	for (const char *const *at = element->attributes; at[0] != NULL; at += 2) {
		char own[SPACE_MAX];
		const char *local = split_name(at[0], own);
		if (text_equal(local, name) && text_equal(own, space))
			return at[1];
	}
	return NULL;
}

static void take_begin(void *context, const XML_Char *joined, const XML_Char **attributes)
{
	struct xml *xml = context;
	char space[SPACE_MAX];
	size_t count = 0;
	if (xml->status != STATUS_OK)
		return;
	while (attributes[2 * count] != NULL)
		count++;
	if (++xml->depth > XML_DEPTH_MAX || count > XML_ATTRIBUTES_MAX) {
		stop(xml, refuse(xml, "elements stand too deep in each other, or one has too many attributes",
		                 "слишком глубокая вложенность элементов или слишком много атрибутов"));
		return;
	}
	struct xml_element element = {.name = split_name(joined, space), .depth = xml->depth, .attributes = (const char *const *)attributes};
	element.space = space;
	enum status status = xml->taker->begin == NULL ? STATUS_OK : xml->taker->begin(xml->taker->context, &element, xml->fault);
	if (status != STATUS_OK)
		stop(xml, status);
}

static void take_end(void *context, const XML_Char *joined)
{
	struct xml *xml = context;
	(void)joined;
	if (xml->status != STATUS_OK)
		return;
	enum status status = xml->taker->end == NULL ? STATUS_OK : xml->taker->end(xml->taker->context, xml->depth, xml->fault);
	xml->depth--;
	if (status != STATUS_OK)
		stop(xml, status);
}

static void take_text(void *context, const XML_Char *text, int len)
{
	struct xml *xml = context;
	if (xml->status != STATUS_OK || xml->taker->text == NULL)
		return;
	enum status status = xml->taker->text(xml->taker->context, xml->depth, span_of(text, (size_t)len), xml->fault);
	if (status != STATUS_OK)
		stop(xml, status);
}

static void take_doctype(void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public, int has_internal)
{
	struct xml *xml = context;
	(void)name;
	(void)system;
	(void)public;
	(void)has_internal;
	if (xml->status == STATUS_OK)
		stop(xml, refuse(xml, "a document type is declared: no workbook has one", "объявлен тип документа (DOCTYPE): в книгах его не бывает"));
}

struct xml *xml_new(const struct xml_taker *taker, const char *name)
{
	struct xml *xml = calloc(1, sizeof *xml);
	ASSERT(xml != NULL);
	*xml = (struct xml){.taker = taker, .name = name, .parser = XML_ParserCreateNS(NULL, SPACE_MARK)};
	ASSERT(xml->parser != NULL);
	XML_SetUserData(xml->parser, xml);
	XML_SetElementHandler(xml->parser, take_begin, take_end);
	XML_SetCharacterDataHandler(xml->parser, take_text);
	XML_SetStartDoctypeDeclHandler(xml->parser, take_doctype);
	return xml;
}

void xml_destroy(struct xml **xml)
{
	if (*xml == NULL)
		return;
	XML_ParserFree((*xml)->parser);
	free(*xml);
	*xml = NULL;
}

static enum status parse(struct xml *xml, struct span piece, bool is_last, struct fault *fault)
{
	ASSERT(piece.len <= INT_MAX);
	if (xml->status != STATUS_OK)
		return xml->status;
	xml->fault = fault;
	enum XML_Status parsed = XML_Parse(xml->parser, piece.at, (int)piece.len, is_last);
	if (xml->status == STATUS_OK && parsed != XML_STATUS_OK) {
		const char *why = XML_ErrorString(XML_GetErrorCode(xml->parser));
		xml->status = refuse(xml, why, why);
	}
	xml->fault = NULL;
	return xml->status;
}

/* expat reads a tag again from its beginning with every piece until it is whole: without a bound the time would grow with the square of
 * its length (CVE-2023-52425). */
static bool is_markup_too_long(const struct xml *xml)
{
	XML_Index at = XML_GetCurrentByteIndex(xml->parser);
	return at >= 0 && xml->fed - (size_t)at > XML_MARKUP_MAX;
}

enum status xml_feed(struct xml *xml, struct span piece, struct fault *fault)
{
	enum status status = parse(xml, piece, false, fault);
	xml->fed += piece.len;
	if (status != STATUS_OK || !is_markup_too_long(xml))
		return status;
	xml->fault = fault;
	xml->status = refuse(xml, "one piece of markup is longer than a megabyte", "один элемент разметки длиннее мегабайта");
	xml->fault = NULL;
	return xml->status;
}

enum status xml_finish(struct xml *xml, struct fault *fault)
{
	return parse(xml, span_of("", 0), true, fault);
}
