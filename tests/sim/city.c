#include "tests/sim/city.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/base/panic.h"

static char *path_of(struct city *city, const char *folder, const char *name)
{
    return arena_printf(city->arena, "%s/%s", folder, name);
}

static const char *read_text(struct city *city, const char *path)
{
    char part[4096];
    const char *text = "";
    FILE *file = fopen(path, "rb");
    size_t n;
    if (!file)
        return NULL;
    while ((n = fread(part, 1, sizeof(part) - 1, file)) > 0) {
        part[n] = '\0';
        text = arena_printf(city->arena, "%s%s", text, part);
    }
    fclose(file);
    return text;
}

static void write_text(struct city *city, const struct city_file *file, const char *text)
{
    FILE *out = fopen(path_of(city, city->folder, file->name), "wb");
    ASSERT(out && fwrite(text, 1, strlen(text), out) == strlen(text));
    ASSERT(fclose(out) == 0);
}

static struct city_file *file_of(struct city *city, const char *name)
{
    for (size_t i = 0; i < city->count; i++)
        if (strcmp(city->files[i].name, name) == 0)
            return &city->files[i];
    if (city->count == CITY_FILES_MAX)
        return NULL;
    struct city_file *file = &city->files[city->count++];
    *file = (struct city_file){.name = arena_strdup(city->arena, name)};
    return file;
}

bool city_open(struct city *city, struct arena *arena, const char *base)
{
    const struct dirent *entry;
    *city = (struct city){.arena = arena};
    snprintf(city->folder, sizeof(city->folder), "/dev/shm/bihuan-city-XXXXXX");
    ASSERT(mkdtemp(city->folder));
    DIR *folder = opendir(base);
    while (folder && (entry = readdir(folder))) {
        struct city_file *file = *entry->d_name == '.' ? NULL : file_of(city, entry->d_name);
        if (file)
            file->draft = read_text(city, path_of(city, base, entry->d_name));
    }
    if (folder)
        closedir(folder);
    return city->count > 0;
}

void city_close(struct city *city)
{
    for (size_t i = 0; i < city->count; i++)
        unlink(path_of(city, city->folder, city->files[i].name));
    rmdir(city->folder);
}

/* Items stand two columns deep in every file of a city. */
static const char *indented(struct city *city, const char *text)
{
    const char *out = "";
    for (size_t length; *text; text += length) {
        length = strcspn(text, "\n");
        length += text[length] == '\n';
        out = arena_printf(city->arena, "%s  %.*s", out, (int)length, text);
    }
    return out;
}

bool city_edit(struct city *city, const char *name, const char *text, bool adds)
{
    struct city_file *file = file_of(city, name);
    if (!file)
        return false;
    const char *before = file->draft ? file->draft : file->text ? file->text : "";
    file->draft = adds ? arena_printf(city->arena, "%s%s", before, indented(city, text)) : text;
    return true;
}

const char *city_text(const struct city *city, const char *name)
{
    for (size_t i = 0; i < city->count; i++)
        if (strcmp(city->files[i].name, name) == 0)
            return city->files[i].text ? city->files[i].text : "";
    return "";
}

void city_try(struct city *city)
{
    for (size_t i = 0; i < city->count; i++)
        if (city->files[i].draft)
            write_text(city, &city->files[i], city->files[i].draft);
}

void city_put_back(struct city *city)
{
    for (size_t i = 0; i < city->count; i++) {
        const struct city_file *file = &city->files[i];
        if (file->draft && file->text)
            write_text(city, file, file->text);
        else if (file->draft)
            unlink(path_of(city, city->folder, file->name));
    }
}

void city_keep(struct city *city, bool keep)
{
    if (!keep)
        city_put_back(city);
    for (size_t i = 0; i < city->count; i++) {
        struct city_file *file = &city->files[i];
        if (file->draft && keep)
            file->text = file->draft;
        file->draft = NULL;
    }
}
