#include "broker/config/sheet.h"

#include <stdint.h>
#include <string.h>

void sheet_open(struct sheet *sheet, const char *file, const char *text, size_t size_bytes, struct arena *arena,
                struct faults *faults)
{
    bool marked = size_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    sheet->file = file;
    sheet->faults = faults;
    sheet->at = arena_memdup(arena, text + (marked ? 3 : 0), size_bytes - (marked ? 3 : 0));
    sheet->line = sheet->count = 0;
    sheet->next_line = 1;
}

/* From just after the quote that opens it; "" within stands for one quote. Where it ends, or NULL. */
static char *unquote(struct sheet *sheet, char *from)
{
    char *to = from;
    for (char *at = from; *at != '\0'; at++) {
        if (*at == '"' && at[1] != '"') {
            *to = '\0';
            return at + 1;
        }
        at += *at == '"';
        sheet->next_line += *at == '\n';
        *to++ = *at;
    }
    return NULL;
}

static const char *trimmed(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = '\0';
    return text;
}

/* One cell, and what ended it: ',' or the end of the row, which is '\0' whatever stood there. False with a fault. */
static bool take_cell(struct sheet *sheet, const char *row, char *end)
{
    struct cell *cell = &sheet->cells[sheet->count++];
    char *text = sheet->at, *after = text;
    cell->column = (size_t)(text - row) + 1;
    if (*text == '"') {
        after = unquote(sheet, ++text);
        if (after == NULL) {
            fault_add(sheet->faults, sheet->file, sheet->line, cell->column, "a quote is opened and never closed");
            return false;
        }
    }
    after += strcspn(after, ",\r\n");
    *end = *after == ',' ? ',' : '\0';
    sheet->at = after;
    sheet->at += *after == '\r' && after[1] == '\n' ? 2 : *after != '\0';
    sheet->next_line += *after == '\r' || *after == '\n';
    *after = '\0';
    cell->text = trimmed(text);
    return true;
}

bool sheet_next(struct sheet *sheet)
{
    while (*sheet->at != '\0') {
        const char *row = sheet->at;
        char end = ',';
        sheet->line = sheet->next_line;
        sheet->count = 0;
        while (end == ',' && sheet->count < SHEET_CELLS_MAX) {
            if (!take_cell(sheet, row, &end))
                return false;
        }
        if (sheet->count > 1 || *sheet->cells[0].text != '\0')
            return true;
    }
    return false;
}

size_t sheet_heading(const struct sheet *sheet, const char *name)
{
    for (size_t i = 0; i < sheet->count; i++) {
        if (strcmp(sheet->cells[i].text, name) == 0)
            return i;
    }
    return SIZE_MAX;
}
