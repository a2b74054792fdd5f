/* typed.h: what people type: whether anything is said by it, and whether two names mean one person.
 * A name is kept as it is shown, less the blanks that nobody sees; it is compared in a normal form, in which width, case, blanks and
 * the dots within names of several parts make no difference. What looks alike in two scripts stays two letters. */
#ifndef TYPED_H
#define TYPED_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether there is nothing to read in it: NULL, blanks, line ends, marks that are not seen. */
bool typed_blank(const char *text);
/* The name as it is kept: no blanks at its ends, one ' ' for those within. out has room for the name as it was typed. 0, or the
 * first code point that is no part of a name (a control, a mark that is not seen or turns the writing round). */
uint32_t typed_name(const char *name, char *out);
/* Whether both are the same person's name. */
bool typed_same(const char *, const char *);

#ifdef __cplusplus
}
#endif

#endif
