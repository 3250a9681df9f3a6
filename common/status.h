/* status: the one result type of every function that can fail, and the fault that describes bad input.
 *
 * Five groups decide what a caller does, so that no caller lists single values:
 *   rejected   the input is at fault: tell the sender, store why, go on;
 *   conflict   the input contradicts what is stored: tell the sender, never repeat as is;
 *   transient  the world is at fault for now: repeat the same thing later;
 *   poison     this record fails here every time: count, park, go on;
 *   bug        our own mistake: log and stop. */
#ifndef EFFREG_STATUS_H
#define EFFREG_STATUS_H

#include <stdarg.h>

#include "common/base.h"

/* name, group, sentence */
#define STATUS_MAP(X) \
	X(OK, OK, "done") \
	X(NOT_FOUND, REJECTED, "there is no such thing") \
	X(INVALID, REJECTED, "the input is not valid") \
	X(TOO_LARGE, REJECTED, "the input is over a stated limit") \
	X(FORBIDDEN, REJECTED, "the key or role does not allow this") \
	X(UNSUPPORTED, REJECTED, "this is not supported") \
	X(CONFLICT, CONFLICT, "something else is already stored under this identity") \
	X(UNAVAILABLE, TRANSIENT, "a service or file is not available now") \
	X(TIMEOUT, TRANSIENT, "no answer within the time allowed") \
	X(RETRY, TRANSIENT, "the transaction has to be repeated") \
	X(UNKNOWN_OUTCOME, TRANSIENT, "the connection was lost during COMMIT: the outcome is unknown") \
	X(POISON, POISON, "this record cannot be processed") \
	X(BUG, BUG, "an internal mistake")

enum status {
#define STATUS_ENUM(name, group, text) STATUS_##name,
	STATUS_MAP(STATUS_ENUM)
#undef STATUS_ENUM
};

enum status_group {
	STATUS_GROUP_OK,
	STATUS_GROUP_REJECTED,
	STATUS_GROUP_CONFLICT,
	STATUS_GROUP_TRANSIENT,
	STATUS_GROUP_POISON,
	STATUS_GROUP_BUG,
};

enum status_group status_group(enum status status);
const char *status_name(enum status status);      /* "NOT_FOUND" */
const char *status_text(enum status status);      /* an English sentence */

/* What is wrong with an input, in terms its sender can act on. */
struct fault {
	enum status status;
	char code[32];      /* one of the protocol's codes: "bad_json", "schema", ... */
	char pointer[256];  /* JSON Pointer into the input; empty = the whole input */
	char schema_pointer[256];  /* JSON Pointer into the schema that refused it; empty = no schema did, or its root */
	long offset;        /* byte offset into the input, or -1 when a pointer says it better */
	char text[512];     /* what is wrong and how to mend it, in English */
	char text_ru[768];  /* the same in Russian; empty where only an operator reads it */
};

/* Each fills fault (which may be NULL) and returns status, so that a function can end with it. In English only: */
enum status fault_set(struct fault *fault, enum status status, const char *code, const char *pointer, long offset,
                      const char *format, ...) PRINTF_LIKE(6, 7);
/* In both languages, from the same arguments; the compiler checks both formats against them. */
enum status fault_tell(struct fault *fault, enum status status, const char *code, const char *pointer, long offset,
                       const char *en, const char *ru, ...) PRINTF_LIKE(6, 8) PRINTF_LIKE(7, 8);
enum status fault_vtell(struct fault *fault, enum status status, const char *code, const char *pointer, long offset,
                        const char *en, const char *ru, va_list arguments) PRINTF_LIKE(6, 0) PRINTF_LIKE(7, 0);
/* In both languages, as they stand. */
enum status fault_say(struct fault *fault, enum status status, const char *code, const char *pointer, long offset,
                      const char *en, const char *ru);
/* Puts where it is before what is wrong, in each language there is; fault may be NULL. */
void fault_place(struct fault *fault, const char *en, const char *ru, ...) PRINTF_LIKE(2, 4) PRINTF_LIKE(3, 4);
/* The Russian text, or the English one where there is no other. */
const char *fault_text_ru(const struct fault *fault);

#endif
