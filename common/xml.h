/* xml: XML as it passes: elements and texts are handed to their taker, nothing is kept. The door to expat.
 *
 * Pure. What office documents have no use for, and attacks live on, is refused: a document type (and with it every entity but the five
 * of XML itself), depth over XML_DEPTH_MAX, attributes over XML_ATTRIBUTES_MAX, one piece of markup over XML_MARKUP_MAX. */
#ifndef EFFREG_XML_H
#define EFFREG_XML_H

#include "common/status.h"

#define XML_DEPTH_MAX      64
#define XML_ATTRIBUTES_MAX 128
#define XML_MARKUP_MAX     ((size_t)1024 * 1024)  /* bytes of one tag with its attributes */

struct xml;

struct xml_element {
	const char *space;               /* the URI of its namespace, "" when it has none */
	const char *name;                /* without a prefix */
	unsigned depth;                  /* of the root: 1 */
	const char *const *attributes;   /* for xml_attribute */
};

/* The value, or NULL. An attribute's name has a namespace only when it is written with a prefix: space "" for those without. */
const char *xml_attribute(const struct xml_element *element, const char *space, const char *name);

/* Each may be NULL. Anything but OK ends the reading and is what xml_feed returns; fault is then the taker's. Texts come in pieces and are
 * valid UTF-8 when joined. */
struct xml_taker {
	enum status (*begin)(void *context, const struct xml_element *element, struct fault *fault);
	enum status (*end)(void *context, unsigned depth, struct fault *fault);
	enum status (*text)(void *context, unsigned depth, struct span text, struct fault *fault);
	void *context;
};

/* name: of the document, for faults; borrowed like taker. */
struct xml *xml_new(const struct xml_taker *taker, const char *name);
void xml_destroy(struct xml **xml);

/* INVALID with code bad_xml: no XML, or what is refused above; the fault names document and line. */
enum status xml_feed(struct xml *xml, struct span piece, struct fault *fault) MUST_CHECK;
enum status xml_finish(struct xml *xml, struct fault *fault) MUST_CHECK;

#endif
