/* xml: what passes, as one line of text; what is refused, and where. */
#include "common/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "common/buf.h"

static struct buf seen;

static enum status begin(void *context, const struct xml_element *element, struct fault *fault)
{
	(void)context;
	const char *plain = xml_attribute(element, "", "a"), *spaced = xml_attribute(element, "urn:x", "a");
	buf_printf(&seen, "<%u %s%s%s", element->depth, element->space, element->space[0] == '\0' ? "" : "#", element->name);
	if (plain != NULL)
		buf_printf(&seen, " a=%s", plain);
	if (spaced != NULL)
		buf_printf(&seen, " x:a=%s", spaced);
	return text_equal(element->name, "stop") ? fault_set(fault, STATUS_CONFLICT, "mine", "", -1, "enough") : STATUS_OK;
}

static enum status end(void *context, unsigned depth, struct fault *fault)
{
	(void)context;
	(void)fault;
	buf_printf(&seen, ">%u", depth);
	return STATUS_OK;
}

static enum status text(void *context, unsigned depth, struct span piece, struct fault *fault)
{
	(void)context;
	(void)fault;
	(void)depth;
	buf_append(&seen, piece.at, piece.len);
	return STATUS_OK;
}

static enum status read_by(struct span document, size_t step, struct fault *fault)
{
	const struct xml_taker taker = {.begin = begin, .end = end, .text = text};
	struct xml *xml = xml_new(&taker, "doc.xml");
	enum status status = STATUS_OK;
	buf_init(&seen, (size_t)16 * 1024 * 1024);
	buf_text(&seen, "");
	for (size_t at = 0; status == STATUS_OK && at < document.len; at += step)
		status = xml_feed(xml, span_of(document.at + at, document.len - at < step ? document.len - at : step), fault);
	if (status == STATUS_OK)
		status = xml_finish(xml, fault);
	xml_destroy(&xml);
	assert_null(xml);
	return status;
}

static void elements_and_texts_pass_in_any_pieces(void **state)
{
	(void)state;
	static const char DOCUMENT[] = "<?xml version=\"1.0\"?><r xmlns:x='urn:x' a='1'><x:s x:a='2'>\xD0\x96&lt;&#x416;<![CDATA[<b>]]></x:s><!-- no --></r>";
	for (size_t step = 1; step < sizeof DOCUMENT; step++) {
		assert_int_equal(read_by(span_of_text(DOCUMENT), step, NULL), STATUS_OK);
		assert_string_equal(seen.at, "<1 r a=1<2 urn:x#s x:a=2\xD0\x96<\xD0\x96<b>>2>1");
		buf_clear(&seen);
	}
}

static void what_no_workbook_has_is_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *document, *text;
	} CASES[] = {
		{"", "no element found"},
		{"<a>", "no element found"},
		{"<a></b>", "mismatched tag"},
		{"<a/><b/>", "junk after"},
		{"<a>&b;</a>", "undefined entity"},
		{"<a>\xFF</a>", "not well-formed"},
		{"<a>&#0;</a>", "invalid character"},
		{"\n<!DOCTYPE a><a/>", "doc.xml, line 2: a document type"},
		{"<!DOCTYPE a [<!ENTITY b 'lol'><!ENTITY c '&b;&b;'>]><a>&c;</a>", "a document type"},
		{"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "a document type"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct fault fault = {.offset = -1};
		assert_int_equal(read_by(span_of_text(CASES[i].document), 4096, &fault), STATUS_INVALID);
		assert_string_equal(fault.code, "bad_xml");
		assert_non_null(strstr(fault.text, CASES[i].text));
		assert_non_null(strstr(fault.text_ru, "doc.xml, строка"));
		buf_clear(&seen);
	}
}

static void the_takers_fault_ends_the_reading(void **state)
{
	(void)state;
	struct fault fault;
	assert_int_equal(read_by(span_of_text("<a><stop/><b/></a>"), 4096, &fault), STATUS_CONFLICT);
	assert_string_equal(fault.code, "mine");
	assert_string_equal(seen.at, "<1 a<2 stop");
	buf_clear(&seen);
}

/* "<a><a>…": depth of them, closed again. */
static enum status read_nested(unsigned depth)
{
	struct buf document;
	buf_init(&document, (size_t)1024 * 1024);
	for (unsigned i = 0; i < depth; i++)
		buf_text(&document, "<a>");
	for (unsigned i = 0; i < depth; i++)
		buf_text(&document, "</a>");
	enum status status = read_by(buf_span(&document), 4096, NULL);
	buf_clear(&document);
	buf_clear(&seen);
	return status;
}

static enum status read_attributes(unsigned count)
{
	struct buf document;
	buf_init(&document, (size_t)1024 * 1024);
	buf_text(&document, "<a");
	for (unsigned i = 0; i < count; i++)
		buf_printf(&document, " b%u=''", i);
	buf_text(&document, "/>");
	enum status status = read_by(buf_span(&document), 4096, NULL);
	buf_clear(&document);
	buf_clear(&seen);
	return status;
}

static enum status read_long_attribute(size_t len)
{
	struct buf document;
	char *value = malloc(len);
	assert_non_null(value);
	memset(value, 'v', len);
	buf_init(&document, (size_t)8 * 1024 * 1024);
	buf_text(&document, "<a><b a='");
	buf_append(&document, value, len);
	buf_text(&document, "'/></a>");
	enum status status = read_by(buf_span(&document), (size_t)64 * 1024, NULL);
	buf_clear(&document);
	buf_clear(&seen);
	free(value);
	return status;
}

static void depth_attributes_and_markup_are_bounded(void **state)
{
	(void)state;
	assert_int_equal(read_nested(XML_DEPTH_MAX), STATUS_OK);
	assert_int_equal(read_nested(XML_DEPTH_MAX + 1), STATUS_INVALID);
	assert_int_equal(read_nested(100000), STATUS_INVALID);
	assert_int_equal(read_attributes(XML_ATTRIBUTES_MAX), STATUS_OK);
	assert_int_equal(read_attributes(XML_ATTRIBUTES_MAX + 1), STATUS_INVALID);
	assert_int_equal(read_long_attribute(XML_MARKUP_MAX - (size_t)128 * 1024), STATUS_OK);
	assert_int_equal(read_long_attribute(XML_MARKUP_MAX + (size_t)128 * 1024), STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_and_texts_pass_in_any_pieces),
		cmocka_unit_test(what_no_workbook_has_is_refused_with_its_line),
		cmocka_unit_test(the_takers_fault_ends_the_reading),
		cmocka_unit_test(depth_attributes_and_markup_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
