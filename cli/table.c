#include "cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "broker/base/panic.h"

struct table_cell {
    const char *text;
    size_t width;
    enum colour colour;
};

void table_init(struct table *table, size_t columns, const char *const *headings)
{
    memset(table, 0, sizeof(*table));
    arena_init(&table->arena);
    table->columns = columns;
    for (size_t i = 0; i < columns; i++)
        table_cell(table, COLOUR_BOLD, headings[i]);
}

void table_release(struct table *table)
{
    free(table->cells);
    arena_release(&table->arena);
}

static void grow(struct table *table)
{
    table->capacity = table->capacity ? table->capacity * 2 : 64;
    struct table_cell *cells = realloc(table->cells, table->capacity * table->columns * sizeof(*cells));
    ASSERT(cells);
    table->cells = cells;
}

void table_cell(struct table *table, enum colour colour, const char *text)
{
    if (table->filled == 0 || table->filled == table->columns) {
        if (table->rows == table->capacity)
            grow(table);
        table->rows++;
        table->filled = 0;
    }
    char *safe = table_safe(&table->arena, text ? text : "");
    size_t width = table_width(safe), column = table->filled++;
    table->cells[(table->rows - 1) * table->columns + column] = (struct table_cell){safe, width, colour};
    if (width > table->widths[column])
        table->widths[column] = width;
}

void table_cellf(struct table *table, enum colour colour, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    table_cell(table, colour, text);
}

void table_pad(struct table *table, enum colour colour, const char *text, size_t width)
{
    table_cell(table, colour, text);
    if (table->widths[table->filled - 1] < width)
        table->widths[table->filled - 1] = width;
}

void table_restart(struct table *table)
{
    table->rows = table->filled = 0;
    memset(table->widths, 0, sizeof(table->widths));
}

static void pad(size_t width, table_put_fn *put, void *arg)
{
    static const char spaces[] = "                                ";
    for (; width; width -= width < sizeof(spaces) - 1 ? width : sizeof(spaces) - 1)
        put(arg, COLOUR_NONE, width < sizeof(spaces) - 1 ? spaces + sizeof(spaces) - 1 - width : spaces);
}

void table_walk(const struct table *table, size_t row, table_put_fn *put, void *arg)
{
    const struct table_cell *cells = &table->cells[row * table->columns];
    size_t used = row + 1 < table->rows ? table->columns : table->filled;
    /* Trailing empty cells would only be trailing spaces. */
    while (used && !*cells[used - 1].text)
        used--;
    for (size_t column = 0; column < used; column++) {
        size_t gap = table->widths[column] - cells[column].width;
        pad(table->right[column] ? gap : 0, put, arg);
        put(arg, cells[column].colour, cells[column].text);
        if (column + 1 < used)
            pad(2 + (table->right[column] ? 0 : gap), put, arg);
    }
}

struct printing {
    FILE *out;
    bool colour;
};

static void print_piece(void *arg, enum colour colour, const char *text)
{
    const struct printing *printing = arg;
    bool coloured = printing->colour && colour != COLOUR_NONE && *text;
    fprintf(printing->out, "%s%s%s", coloured ? table_escape(colour) : "", text, coloured ? TABLE_PLAIN : "");
}

void table_print(const struct table *table, FILE *out, int indent, bool colour)
{
    struct printing printing = {out, colour};
    for (size_t row = 0; row < table->rows; row++) {
        fprintf(out, "%*s", indent, "");
        table_walk(table, row, print_piece, &printing);
        fputc('\n', out);
    }
}

bool table_empty(const struct table *table)
{
    return table->rows <= 1;
}

bool table_colour(FILE *stream)
{
    const char *none = getenv("NO_COLOR");
    return isatty(fileno(stream)) && !(none && *none);
}

const char *table_escape(enum colour colour)
{
    static const char *const escapes[] = {"", "\033[1m", "\033[2m", "\033[31m", "\033[33m", "\033[34m", "\033[32m"};
    return escapes[colour];
}

/* One character of UTF-8: its bytes and its width; 1 byte of width 1 for what is not UTF-8. */
static size_t next_character(const char *text, wchar_t *character, size_t *width)
{
    mbstate_t state = {0};
    size_t length = mbrtowc(character, text, strlen(text), &state);
    if (length == 0 || length > 6) {
        *character = 0;
        *width = 1;
        return 1;
    }
    int columns = wcwidth(*character);
    *width = columns < 0 ? 0 : (size_t)columns;
    return length;
}

size_t table_width(const char *text)
{
    size_t total = 0, width;
    wchar_t character;
    while (*text) {
        text += next_character(text, &character, &width);
        total += width;
    }
    return total;
}

char *table_cut(struct arena *arena, const char *text, size_t limit)
{
    size_t used = 0, bytes = 0, width;
    wchar_t character;
    while (text[bytes]) {
        size_t length = next_character(text + bytes, &character, &width);
        if (used + width > limit)
            break;
        used += width;
        bytes += length;
    }
    return arena_memdup(arena, text, bytes);
}

/* Right-to-left overrides reorder what is printed after them, as a control would. */
static bool commands_terminal(wchar_t character)
{
    return iswcntrl((wint_t)character) || (character >= 0x80 && character < 0xa0) ||
           (character >= 0x202a && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
}

char *table_safe(struct arena *arena, const char *text)
{
    struct buffer out = {0};
    wchar_t character;
    size_t width;
    while (*text) {
        size_t length = next_character(text, &character, &width);
        if (!character)
            buffer_append(&out, "?", 1);
        else if (commands_terminal(character))
            buffer_append(&out, " ", 1);
        else
            buffer_append(&out, text, length);
        text += length;
    }
    buffer_append(&out, "", 1);
    char *copy = arena_memdup(arena, out.data, out.size);
    buffer_release(&out);
    return copy;
}
