/* open.c: how a store is made, opened for a new term, and closed; and what it says of itself. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/base/log.h"
#include "broker/base/panic.h"
#include "broker/store/front.h"

#define READERS_MAX 64
#define PATH_BYTES  4096

#define TABLES_FILE "data.mdb" /* LMDB's name */

static const char meta_key[] = "meta", salt_key[] = "salt";
static const struct {
    const char *name;
    unsigned flags;
} table_of[TABLE_END] = {
#define TABLE_ROW(N, n, f) {#n, f},
    STORE_TABLES(TABLE_ROW)
#undef TABLE_ROW
};

/* --- what the store knows of itself --- */
int store_put_meta(struct store *s, MDB_txn *txn, const struct store_meta *meta, struct meta_value *stored)
{
    struct meta_value value = *stored;
    value.format = STORE_FORMAT;
    value.journal = meta->journal;
    value.term = meta->term;
    value.exercise = meta->exercise;
    value.watermark = meta->watermark;
    value.counters = meta->counters;
    value.applied_sequence = meta->sequence;
    value.applied_ms = meta->last_ms;
    value_seal(&value, sizeof value);
    MDB_val key = {sizeof meta_key - 1, (void *)meta_key}, bytes = {sizeof value, &value};
    int error = store_errno(mdb_put(txn, s->tables[TABLE_META], &key, &bytes, 0));
    if (error == 0)
        *stored = value;
    return error;
}

static int meta_get(struct store *s, MDB_txn *txn)
{
    MDB_val key = {sizeof meta_key - 1, (void *)meta_key}, value;
    int error = store_errno(mdb_get(txn, s->tables[TABLE_META], &key, &value));
    if (error != 0)
        return store_fail(error, "this is no Bihuan store: it does not say what it is");
    uint32_t format = 0;
    if (value.mv_size >= offsetof(struct meta_value, format) + sizeof format)
        memcpy(&format, (const char *)value.mv_data + offsetof(struct meta_value, format), sizeof format);
    if (format != STORE_FORMAT)
        return store_fail(-EPROTONOSUPPORT, "the store has format %u, this program reads format %d", format,
                          STORE_FORMAT);
    if (value.mv_size != sizeof s->stored || !value_intact(value.mv_data, value.mv_size))
        return store_fail(-EBADMSG, "what the store says of itself is damaged");
    memcpy(&s->stored, value.mv_data, sizeof s->stored);
    return 0;
}

/* A store that was made before the salt had a checksum has it bare. */
static int salt_get(struct store *s, MDB_txn *txn)
{
    MDB_val key = {sizeof salt_key - 1, (void *)salt_key}, value;
    struct salt_value salt;
    if (mdb_get(txn, s->tables[TABLE_META], &key, &value) != 0)
        return 0;
    if (value.mv_size == sizeof s->salt) {
        memcpy(&s->salt, value.mv_data, sizeof s->salt);
        return 0;
    }
    if (value.mv_size != sizeof salt || !value_intact(value.mv_data, value.mv_size))
        return store_fail(-EBADMSG, "the salt of the store's log is damaged");
    memcpy(&salt, value.mv_data, sizeof salt);
    s->salt = salt.salt;
    return 0;
}

static int salt_put(struct store *s, MDB_txn *txn)
{
    struct salt_value salt;
    MDB_val key = {sizeof salt_key - 1, (void *)salt_key}, value = {sizeof salt, &salt};
    ASSERT(getrandom(&salt.salt, sizeof salt.salt, 0) == (ssize_t)sizeof salt.salt);
    value_seal(&salt, sizeof salt);
    return store_errno(mdb_put(txn, s->tables[TABLE_META], &key, &value, 0));
}

static int meta_load(struct store *s, MDB_txn *txn)
{
    int error = meta_get(s, txn);
    if (error != 0)
        return error;
    s->meta = (struct store_meta){
        .journal = s->stored.journal,
        .term = s->stored.term,
        .exercise = s->stored.exercise != 0,
        .watermark = s->stored.watermark,
        .counters = s->stored.counters,
        .sequence = s->stored.applied_sequence,
        .last_ms = s->stored.applied_ms,
    };
    tables_last_policy(s, txn, s->meta.policy);
    error = salt_get(s, txn);
    if (error != 0)
        return error;
    return s->journal == s->own ? journal_lmdb_tail(s, txn, &s->meta) : 0;
}

/* --- opening --- */
static int path_join(char out[PATH_BYTES], const char *folder, const char *name)
{
    int size = snprintf(out, PATH_BYTES, "%s/%s", folder, name);
    return size < PATH_BYTES ? 0 : store_fail(-ENAMETOOLONG, "the folder's name is too long");
}

/* A writer is alone; readers offline may be several. On a read-only medium there is nobody to keep out. */
static int lock_take(struct store *s, const char *folder)
{
    char path[PATH_BYTES];
    int error = path_join(path, folder, "broker.lock");
    if (error != 0)
        return error;
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0) {
        if (s->read_only && (errno == EROFS || errno == EACCES))
            return 0;
        return store_fail(-errno, "%s cannot be opened: %s", path, strerror(errno));
    }
    if (flock(s->lock_fd, (s->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0)
        return store_fail(-EBUSY, "the store in %s is in use by another process", folder);
    return 0;
}

static bool has_tables(const char *folder)
{
    char path[PATH_BYTES];
    struct stat status;
    return path_join(path, folder, TABLES_FILE) == 0 && stat(path, &status) == 0;
}

static int folder_ready(const char *folder, const struct store_options *options)
{
    if (has_tables(folder))
        return 0;
    if (options->read_only || !options->create)
        return store_fail(-ENOENT, "there is no store in %s", folder);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return store_fail(-errno, "%s cannot be made: %s", folder, strerror(errno));
    return 0;
}

static int env_open(struct store *s, const char *folder)
{
    int error = store_errno(mdb_env_create(&s->env));
    if (error != 0)
        return store_fail(error, "the store cannot be opened: %s", strerror(-error));
    mdb_env_set_maxdbs(s->env, TABLE_END);
    mdb_env_set_maxreaders(s->env, READERS_MAX);
    mdb_env_set_mapsize(s->env, s->map_bytes);
    int result = mdb_env_open(s->env, folder, s->read_only ? MDB_RDONLY : 0, 0600);
    if (result != 0)
        return store_fail(store_errno(result), "the store in %s cannot be opened: %s", folder, mdb_strerror(result));
    return 0;
}

static int env_ready(struct store *s, const char *folder)
{
    char path[PATH_BYTES];
    int dead, error = env_open(s, folder);
    if (error == 0)
        error = path_join(path, folder, TABLES_FILE);
    if (error != 0)
        return error;
    mdb_reader_check(s->env, &dead);
    s->data_fd = open(path, (s->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    return s->data_fd >= 0 ? 0 : store_fail(-errno, "%s cannot be opened: %s", path, strerror(errno));
}

static int tables_open(struct store *s, MDB_txn *txn, bool create)
{
    for (int i = 0; i < TABLE_END; i++) {
        unsigned flags = table_of[i].flags | (create ? MDB_CREATE : 0);
        int error = store_errno(mdb_dbi_open(txn, table_of[i].name, flags, &s->tables[i]));
        if (error != 0)
            return store_fail(error, "this is no Bihuan store: it has no table \"%s\"", table_of[i].name);
    }
    return 0;
}

/* --- making --- */

static int first_values(struct store *s, MDB_txn *txn, const struct store_options *options)
{
    struct store_meta meta = {.journal = options->journal, .exercise = options->exercise};
    int error = tables_open(s, txn, true);
    if (error == 0)
        error = store_put_meta(s, txn, &meta, &s->stored);
    return error == 0 ? salt_put(s, txn) : error;
}

static int write_new(struct store *s, const char *folder, const struct store_options *options)
{
    MDB_txn *txn;
    int error = env_open(s, folder);
    if (error != 0 || (error = store_errno(mdb_txn_begin(s->env, NULL, 0, &txn))) != 0)
        return error;
    error = first_values(s, txn, options);
    if (error != 0)
        mdb_txn_abort(txn);
    else
        error = store_errno(mdb_txn_commit(txn));
    return error;
}

static void remove_making(const char *making)
{
    static const char *const names[] = {TABLES_FILE, "lock.mdb"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (path_join(path, making, names[i]) == 0)
            unlink(path);
    rmdir(making);
}

static int move_new(const char *making, const char *folder)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    int error = path_join(from, making, TABLES_FILE);
    if (error == 0)
        error = path_join(to, folder, TABLES_FILE);
    if (error == 0 && rename(from, to) != 0)
        error = -errno;
    return error == 0 ? sync_folder(folder) : error;
}

/* In a folder of its own, and under its name when it is whole: LMDB opens no file that a loss of power left with half of
 * its first pages. Nobody else is here any more: the lock is taken. */
static int store_make(struct store *s, const char *folder, const struct store_options *options)
{
    char making[PATH_BYTES];
    if (has_tables(folder))
        return 0;
    int error = path_join(making, folder, "making");
    if (error != 0)
        return error;
    remove_making(making); /* of an attempt that was cut off */
    error = mkdir(making, 0700) == 0 ? write_new(s, making, options) : -errno;
    if (s->env)
        mdb_env_close(s->env);
    s->env = NULL;
    if (error == 0)
        error = move_new(making, folder);
    remove_making(making);
    return error == 0 ? 0 : store_fail(error, "the new store cannot be written: %s", strerror(-error));
}

static int tables_ready(struct store *s)
{
    MDB_txn *txn;
    int error = store_errno(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn));
    if (error != 0)
        return store_fail(error, "the store cannot be read: %s", strerror(-error));
    error = tables_open(s, txn, false);
    if (error == 0)
        error = meta_load(s, txn);
    if (error == 0)
        error = store_errno(mdb_txn_commit(txn)); /* the tables' handles stay */
    else
        mdb_txn_abort(txn);
    return error;
}

/* What the log in front holds above the tables: a writer puts it there, a reader has it in memory. */
static int log_ready(struct store *s, const char *folder)
{
    s->pending.meta = s->meta;
    if (s->journal != s->own)
        return 0;
    int error = behind_recover(s, folder);
    if (error != 0 || s->pending.record_count == 0 || !s->read_only)
        return error;
    behind_new(s);
    s->meta = s->pending.meta;
    behind_gather(s);
    pending_clear(&s->pending, &s->meta);
    return 0;
}

int store_load(const char *folder, const struct store_options *options, struct store **out)
{
    int error = folder_ready(folder, options);
    if (error != 0)
        return error;
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        panic("out of memory");
    s->lock_fd = s->data_fd = -1;
    pthread_mutex_init(&s->bell_mutex, NULL);
    s->read_only = options->read_only;
    s->map_bytes = (uint64_t)(options->map_bytes ? options->map_bytes : MAP_DEFAULT_BYTES);
    s->own = journal_lmdb_new(s);
    s->journal = options->other ? options->other : s->own;
    if ((error = lock_take(s, folder)) != 0 || (error = store_make(s, folder, options)) != 0 ||
        (error = env_ready(s, folder)) != 0 || (error = tables_ready(s)) != 0 || (error = log_ready(s, folder)) != 0) {
        store_close(s);
        return error;
    }
    *out = s;
    return 0;
}

/* --- a term begins --- */
struct catching_up {
    struct store *store;
    bool found; /* the record that the tables end with */
};

static int catch_up_record(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    (void)bytes, (void)size_bytes;
    struct catching_up *c = arg;
    struct store_meta *meta = &c->store->pending.meta;
    if (record->seq == c->store->meta.sequence) {
        c->found = true;
        return 0;
    }
    if (record->seq != meta->sequence + 1)
        return store_fail(-EBADMSG, "the journal lacks record %llu", (unsigned long long)meta->sequence + 1);
    keylog_gather(c->store, record);
    noticelog_gather(c->store, record);
    meta->sequence = record->seq;
    meta->last_ms = record->at_ms;
    return 0;
}

/* The log may be ahead of the tables: a crash came between its ack and their commit. Never behind. */
static int catch_up(struct store *s)
{
    struct catching_up c = {s, s->meta.sequence == 0};
    if (s->journal == s->own && s->pending.record_count == 0)
        return 0;
    if (s->journal == s->own) {
        log_info("store: the tables take what only the log has records=%zu", s->pending.record_count);
        return store_transact(s);
    }
    int error = s->journal->ops->replay(s->journal, c.found ? 0 : s->meta.sequence - 1, catch_up_record, &c);
    if (error == 0 && !c.found)
        error = store_fail(-EBADMSG, "the journal lacks record %llu, which the tables reflect",
                           (unsigned long long)s->meta.sequence);
    if (error != 0)
        return error;
    s->pending.meta_changed = true;
    return store_transact(s); /* what was caught up belongs to the term before */
}

static int begin_term(struct store *s)
{
    int error = catch_up(s);
    if (error != 0)
        return error;
    s->pending.meta.term++;
    s->pending.meta_changed = true;
    return store_transact(s);
}

static int judge_mark(const struct store *s, const char *folder, bool exercise)
{
    if (s->meta.exercise == exercise)
        return 0;
    return store_fail(-EPERM,
                      exercise ? "the store in %s holds real incidents and may not be opened for an exercise"
                               : "the store in %s was made for an exercise and may not be opened for real",
                      folder);
}

static int open_front(struct store *s, const char *folder)
{
    behind_new(s);
    return front_open(folder, s->salt, &s->front);
}

int store_open(const char *folder, const struct store_options *options, struct store **out, const char **sentence)
{
    struct store *s;
    *sentence = store_fault();
    int error = store_load(folder, options, &s);
    if (error != 0)
        return error;
    if (!s->read_only)
        error = judge_mark(s, folder, options->exercise);
    if (error == 0 && !s->read_only)
        error = begin_term(s);
    if (error == 0 && options->front && s->journal == s->own && !s->read_only)
        error = open_front(s, folder);
    if (error != 0) {
        store_close(s);
        return error;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    flight_free(s);
    behind_free(s);
    front_close(s->front);
    if (s->reader)
        mdb_txn_abort(s->reader);
    if (s->env)
        mdb_env_close(s->env);
    if (s->data_fd >= 0)
        close(s->data_fd);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    s->own->ops->close(s->own);
    pending_release(&s->pending);
    buffer_release(&s->flushed.rows);
    buffer_release(&s->flushed.sides);
    pthread_mutex_destroy(&s->bell_mutex);
    free(s);
}

const struct store_meta *store_meta(const struct store *s)
{
    return &s->meta;
}
