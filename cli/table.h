/* table.h: columns aligned by the width characters have on screen (a Chinese one takes two), colour on terminals. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "broker/base/arena.h"
#include "broker/base/buffer.h"

enum colour { COLOUR_NONE, COLOUR_BOLD, COLOUR_DIM, COLOUR_RED, COLOUR_YELLOW, COLOUR_BLUE, COLOUR_GREEN };

#define TABLE_COLUMNS_MAX 16

struct table {
    struct arena arena;
    size_t columns, rows, capacity, filled; /* filled: cells of the last row */
    struct table_cell *cells;
    size_t widths[TABLE_COLUMNS_MAX];
    bool right[TABLE_COLUMNS_MAX]; /* set it for columns of numbers */
};

/* headings: columns texts; they are the first row, in bold. */
void table_init(struct table *, size_t columns, const char *const *headings);
void table_release(struct table *);
/* The next cell, left to right, row after row. The text is copied and made safe for a terminal; NULL is "". */
void table_cell(struct table *, enum colour, const char *text);
void table_cellf(struct table *, enum colour, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The next cell, in a column at least so wide. */
void table_pad(struct table *, enum colour, const char *text, size_t width);
/* Forgets all rows, headings too. */
void table_restart(struct table *);
/* Gives a row's pieces, padding included, from left to right: for what is not a stream. */
typedef void table_put_fn(void *arg, enum colour, const char *text);
void table_walk(const struct table *, size_t row, table_put_fn *, void *arg);
/* indent spaces before each row. Colours only when colour is true. */
void table_print(const struct table *, FILE *, int indent, bool colour);
bool table_empty(const struct table *);

/* Whether to use colour on this stream: a terminal, and no $NO_COLOR. */
bool table_colour(FILE *);
/* The escape sequence of a colour, and the one that ends it. */
const char *table_escape(enum colour);
#define TABLE_PLAIN "\033[0m"

/* Columns that UTF-8 text takes on a screen. */
size_t table_width(const char *text);
/* A copy of UTF-8 text at most this wide, whole characters only. */
char *table_cut(struct arena *, const char *text, size_t width);
/* A copy in which nothing can command a terminal: controls become spaces, bytes that are not UTF-8 become '?'. */
char *table_safe(struct arena *, const char *text);

#endif
