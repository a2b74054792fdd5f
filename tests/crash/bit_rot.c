/* bit_rot STORE WORK: flips one bit of one live value of a copy — of the tables, or of what only the log in front of them
 * has — and asks whether it is noticed, and whether anybody would be told something that was never so.
 *
 *   --flips N   of each kind of value (default 20)
 *   --seed N */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/base/map.h"
#include "broker/base/panic.h"
#include "broker/prove.h"
#include "broker/store/store_internal.h"
#include "tests/sim/chance.h"

#define BLOCK_BYTES 4096u
#define HEAD_BYTES  56u /* before an entry's values, front.c */
#define PATH_BYTES  512

enum kind {
#define KIND_X(N, n, flags) KIND_##N,
    STORE_TABLES(KIND_X)
#undef KIND_X
        KIND_FRONT_HEAD,
    KIND_FRONT_VALUE,
    KINDS
};
static const char *const kind_names[KINDS] = {
#define NAME_X(N, n, flags) #n,
    STORE_TABLES(NAME_X)
#undef NAME_X
        "log heads",
    "log values"};

/* --- chance --- */

static struct chance dice;

static uint64_t draw(uint64_t n)
{
    return chance_below(&dice, n);
}

/* --- what is alive, and where --- */

struct spot {
    enum kind kind;
    int file;
    uint64_t at, size;
};

enum { FILES = 3 };
static const char *const file_names[FILES] = {"data.mdb", "front.0", "front.1"};

static struct {
    struct file {
        uint8_t *bytes;
        uint64_t size;
    } files[FILES];
    struct spot *places;
    size_t count, capacity, of_kind[KINDS];
    struct map records; /* seq → hash of the bytes */
    struct map rows;    /* incident → hash */
    uint64_t sequence;
} sound;

static void add_place(struct spot place)
{
    if (place.size == 0)
        return;
    if (sound.count == sound.capacity) {
        sound.capacity = sound.capacity ? 2 * sound.capacity : 1024;
        sound.places = realloc(sound.places, sound.capacity * sizeof *sound.places);
        ASSERT(sound.places);
    }
    sound.places[sound.count++] = place;
    sound.of_kind[place.kind]++;
}

static void *hash_of(const void *bytes, size_t size)
{
    struct digest digest;
    uintptr_t hash;
    digest_bytes(&digest, bytes, size);
    memcpy(&hash, digest.bytes, sizeof hash);
    return (void *)(hash | 1);
}

static void *hash_of_row(const struct row *row)
{
    struct buffer bytes = {0};
    row_encode(row, &bytes);
    void *hash = hash_of(bytes.data, bytes.size);
    buffer_release(&bytes);
    return hash;
}

/* Where LMDB has mapped its file. */
static const uint8_t *map_base(const char *folder)
{
    char line[PATH_BYTES + 128], path[PATH_BYTES];
    unsigned long base = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    ASSERT(maps);
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    while (!base && fgets(line, sizeof line, maps))
        if (strstr(line, path) && sscanf(line, "%lx-", &base) != 1)
            base = 0;
    fclose(maps);
    ASSERT(base);
    return (const uint8_t *)base; // NOLINT
}

static void find_in_table(struct store *s, MDB_txn *txn, enum store_table table, const uint8_t *base)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    ASSERT(mdb_cursor_open(txn, s->tables[table], &cursor) == 0);
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        const uint8_t *at = value.mv_data;
        add_place((struct spot){(enum kind)table, 0, (uint64_t)(at - base), value.mv_size});
        if (table == TABLE_RECORDS)
            map_put(&sound.records, store_key(&key), hash_of(at, value.mv_size));
    }
    mdb_cursor_close(cursor);
}

/* A record that only the log has: its value, and the head of its entry, which begins on a block. */
static void find_in_log(uint64_t seq, const MDB_val *value)
{
    map_put(&sound.records, seq, hash_of(value->mv_data, value->mv_size));
    for (int i = 1; i < FILES; i++) {
        const struct file *file = &sound.files[i];
        const uint8_t *found = memmem(file->bytes, file->size, value->mv_data, value->mv_size);
        if (!found)
            continue;
        uint64_t at = (uint64_t)(found - file->bytes) - sizeof(struct queued);
        add_place((struct spot){KIND_FRONT_VALUE, i, at, sizeof(struct queued) + value->mv_size});
        if (at % BLOCK_BYTES == HEAD_BYTES) /* the first of its entry */
            add_place((struct spot){KIND_FRONT_HEAD, i, at - HEAD_BYTES, HEAD_BYTES});
        return;
    }
    errx(2, "record %" PRIu64 " is nowhere in the log", seq);
}

static int note_row(void *arg, const struct row *row)
{
    (void)arg;
    map_put(&sound.rows, row->incident, hash_of_row(row));
    return 0;
}

static void find_all(const char *folder)
{
    struct store *s;
    struct arena arena;
    struct row row;
    MDB_txn *txn;
    MDB_val value;
    uint64_t cursor_ms = 0, cursor_id = 0;
    if (store_load(folder, &(struct store_options){.read_only = true}, &s) != 0)
        errx(2, "%s", store_fault());
    ASSERT(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn) == 0);
    for (int table = 0; table < TABLE_END; table++)
        find_in_table(s, txn, (enum store_table)table, map_base(folder));
    mdb_txn_abort(txn);
    sound.sequence = s->meta.sequence;
    for (uint64_t seq = 1; seq <= sound.sequence; seq++)
        if (behind_value(s, seq, &value))
            find_in_log(seq, &value);
    arena_init(&arena);
    ASSERT(store_each_live(s, note_row, NULL) == 0);
    for (; store_next_closed(s, &cursor_ms, &cursor_id, &arena, &row); arena_reset(&arena))
        note_row(NULL, &row);
    arena_release(&arena);
    store_close(s);
}

static void read_files(const char *folder)
{
    for (int i = 0; i < FILES; i++) {
        char path[PATH_BYTES];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, file_names[i]);
        int fd = open(path, O_RDONLY);
        if (fd < 0 || fstat(fd, &status) != 0)
            err(2, "%s", path);
        struct file *file = &sound.files[i];
        file->size = (uint64_t)status.st_size;
        file->bytes = malloc(file->size + 1);
        ASSERT(file->bytes && read(fd, file->bytes, file->size) == (ssize_t)file->size);
        close(fd);
    }
}

static void write_files(const char *folder)
{
    mkdir(folder, 0700);
    for (int i = 0; i < FILES; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s/%s", folder, file_names[i]);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || write(fd, sound.files[i].bytes, sound.files[i].size) != (ssize_t)sound.files[i].size)
            err(2, "%s", path);
        close(fd);
    }
}

/* --- what is told of it --- */

enum { SEEN_NOTICED = 1, SEEN_WRONG = 2, SEEN_MENDED = 4 };

struct reading {
    bool wrong;
    uint64_t right; /* records that are as they were */
};

static void take_sentence(void *arg, const char *sentence)
{
    (void)sentence;
    ++*(uint64_t *)arg;
}

/* The values that were read back as whole are the ones that were written. */
static int compare_row(void *arg, const struct row *row)
{
    struct reading *r = arg;
    r->wrong |= map_get(&sound.rows, row->incident) != hash_of_row(row);
    return 0;
}

static void compare_records(struct store *s, struct reading *r)
{
    struct arena arena;
    struct record record;
    MDB_txn *txn;
    MDB_val value;
    arena_init(&arena);
    ASSERT(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn) == 0);
    for (uint64_t seq = 1; seq <= sound.sequence; seq++, arena_reset(&arena)) {
        if (!behind_value(s, seq, &value) && store_get_value(s, txn, TABLE_RECORDS, seq, &value) != 0)
            continue;
        if (record_unseal(&value, seq, NULL, &arena, &record, NULL) != 0)
            continue; /* nobody is told it */
        bool right = map_get(&sound.records, seq) == hash_of(value.mv_data, value.mv_size);
        r->wrong |= !right;
        r->right += right;
    }
    mdb_txn_abort(txn);
    arena_release(&arena);
}

static int read_back(const char *folder)
{
    struct store *s;
    struct arena arena;
    struct row row;
    struct reading r = {0};
    uint64_t cursor_ms = 0, cursor_id = 0;
    if (store_load(folder, &(struct store_options){.read_only = true}, &s) != 0)
        return 0;
    compare_records(s, &r);
    store_each_live(s, compare_row, &r);
    arena_init(&arena);
    for (; store_next_closed(s, &cursor_ms, &cursor_id, &arena, &row); arena_reset(&arena))
        compare_row(&r, &row);
    arena_release(&arena);
    store_close(s);
    return r.wrong ? SEEN_WRONG : r.right == sound.sequence ? SEEN_MENDED : 0;
}

static bool is_noticed(const char *folder)
{
    uint64_t told = 0, bad = 0;
    int error = store_check(folder, take_sentence, &told, &bad);
    if (error == 0 && bad == 0)
        error = prove_store(folder, take_sentence, &told, &bad);
    return error != 0 || bad > 0;
}

/* In a process of its own: one that dies says nothing wrong, but it is no way to notice. */
static int judge(const char *folder)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit((is_noticed(folder) ? SEEN_NOTICED : 0) | read_back(folder));
    ASSERT(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- the campaign --- */

struct counts {
    uint64_t flips, noticed, mended, wrong, died;
};

static void flip(const char *folder, const struct spot *place, uint64_t at, uint8_t bit)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, file_names[place->file]);
    int fd = open(path, O_WRONLY);
    uint8_t byte = sound.files[place->file].bytes[at] ^ bit;
    ASSERT(fd >= 0 && pwrite(fd, &byte, 1, (off_t)at) == 1);
    close(fd);
}

static void try_flip(const char *work, const struct spot *place, struct counts *c)
{
    uint64_t at = place->at + draw(place->size);
    uint8_t bit = (uint8_t)(1u << draw(8));
    write_files(work);
    flip(work, place, at, bit);
    int seen = judge(work);
    bool mended = place->kind >= KIND_FRONT_HEAD && seen == SEEN_MENDED; /* of the log it is known what was written */
    c->flips++;
    c->mended += mended;
    c->noticed += seen > 0 && (seen & SEEN_NOTICED);
    c->wrong += seen > 0 && (seen & SEEN_WRONG);
    c->died += seen < 0;
    if (!mended && (seen < 0 || !(seen & SEEN_NOTICED) || (seen & SEEN_WRONG)))
        fprintf(stderr, "# %s: byte %" PRIu64 " of %" PRIu64 " in %s at %" PRIu64 ", bit %u: %s\n",
                kind_names[place->kind], at - place->at, place->size, file_names[place->file], at, bit,
                seen < 0            ? "it died"
                : seen & SEEN_WRONG ? "told as if it were so"
                                    : "not noticed");
}

static const struct spot *draw_place(enum kind kind)
{
    uint64_t wanted = draw(sound.of_kind[kind]);
    for (size_t i = 0; i < sound.count; i++)
        if (sound.places[i].kind == kind && wanted-- == 0)
            return &sound.places[i];
    return NULL;
}

int main(int argc, char **argv)
{
    static const struct option flags[] = {{"flips", 1, NULL, 'n'}, {"seed", 1, NULL, 's'}, {0}};
    struct counts counts = {0};
    uint64_t flips = 20;
    for (int option; (option = getopt_long(argc, argv, "", flags, NULL)) != -1;)
        if (option == 'n')
            flips = strtoull(optarg, NULL, 10);
        else if (option == 's')
            dice.state = strtoull(optarg, NULL, 10);
        else
            return 2;
    if (argc - optind != 2)
        errx(2, "see the head of bit_rot.c");
    read_files(argv[optind]);
    find_all(argv[optind]);
    printf("{\"kinds\": {");
    for (int kind = 0, told = 0; kind < KINDS; kind++)
        if (sound.of_kind[kind])
            printf("%s\"%s\": %zu", told++ ? ", " : "", kind_names[kind], sound.of_kind[kind]);
    for (int kind = 0; kind < KINDS; kind++)
        for (uint64_t i = 0; sound.of_kind[kind] && i < flips; i++)
            try_flip(argv[optind + 1], draw_place((enum kind)kind), &counts);
    printf("}, \"flips\": %" PRIu64 ", \"noticed\": %" PRIu64 ", \"mended\": %" PRIu64 ", \"told_wrong\": %" PRIu64
           ", \"died\": %" PRIu64 "}\n",
           counts.flips, counts.noticed, counts.mended, counts.wrong, counts.died);
    return counts.noticed + counts.mended != counts.flips || counts.wrong || counts.died;
}
