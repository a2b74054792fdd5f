/* sheet.h: a table that a person keeps in a spreadsheet: CSV as rows of cells, each with its line and column. */
#ifndef CONFIG_SHEET_H
#define CONFIG_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/base/arena.h"
#include "broker/base/fault.h"

#define SHEET_CELLS_MAX 256 /* in one row */

struct cell {
    const char *text; /* without the blanks around it */
    size_t column;    /* in its line, in bytes from 1 */
};

struct sheet {
    const char *file;
    struct faults *faults;
    char *at;    /* what is still to be read */
    size_t line; /* of the row read last, where it begins */
    struct cell cells[SHEET_CELLS_MAX];
    size_t count;
    size_t next_line;
};

/* A byte order mark is skipped. The text is copied to the arena, where the cells will point. */
void sheet_open(struct sheet *, const char *file, const char *text, size_t size_bytes, struct arena *, struct faults *);
/* The next row that is not empty; false at the end, or with a fault where a quoted cell does not end. */
bool sheet_next(struct sheet *);
/* The cell of the row read last under this heading of the first row; SIZE_MAX when there is none. */
size_t sheet_heading(const struct sheet *, const char *name);

#endif
