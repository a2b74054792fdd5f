/* backup.c: a compact copy of the committed state, and a store of a new term made from one. */
#include "broker/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/ident.h"

#define PATH_BYTES 4096
/* What the broker may have given out between the backup and its loss: more numbers, and more terms, than these it
 * cannot have. */
#define NUMBERS_SKIPPED 1000000
#define TERMS_SKIPPED   1000

static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fsync(fd) == 0 ? 0 : -errno;
    close(fd);
    return error;
}

static int sync_within(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return -ENAMETOOLONG;
    return sync_path(path);
}

int sync_folder(const char *folder)
{
    int error = sync_path(folder);
    return error != 0 ? error : sync_within(folder, "..");
}

static void remove_copy(const char *folder)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "broker.lock"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) < (int)sizeof path)
            unlink(path);
    rmdir(folder);
}

/* LMDB makes it for everybody to read. */
static int keep_private(const char *folder)
{
    char path[PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/data.mdb", folder) >= (int)sizeof path)
        return -ENAMETOOLONG;
    return chmod(path, 0600) == 0 ? 0 : -errno;
}

/* LMDB does not sync what it copies. */
static int copy_into(MDB_env *env, const char *folder)
{
    if (mkdir(folder, 0700) != 0)
        return -errno;
    int error = store_errno(mdb_env_copy2(env, folder, MDB_CP_COMPACT));
    if (error == 0)
        error = keep_private(folder);
    return error != 0 ? error : sync_within(folder, "data.mdb");
}

/* Under its own name only when whole: a half written copy may look like a store. */
static int partial_name(char out[PATH_BYTES], const char *folder)
{
    struct stat status;
    if (stat(folder, &status) == 0)
        return -EEXIST;
    if (snprintf(out, PATH_BYTES, "%s.partial", folder) >= PATH_BYTES)
        return -ENAMETOOLONG;
    remove_copy(out); /* of an attempt that was cut off */
    return 0;
}

/* What is in it first: a name that is durable before it would be that of an empty folder, of which a broker makes a store. */
static int publish(const char *partial, const char *folder)
{
    int error = sync_path(partial);
    if (error != 0)
        return error;
    if (rename(partial, folder) != 0)
        return -errno;
    return sync_folder(folder);
}

/* Touches nothing of the store but its environment, when that has what is to be copied: a helper thread calls it while
 * turns go on. */
int store_backup(struct store *s, const char *folder, uint64_t upto)
{
    char partial[PATH_BYTES];
    if (s->journal != s->own)
        return -ENOTSUP; /* the records are elsewhere */
    int error = partial_name(partial, folder);
    if (error != 0)
        return error;
    error = behind_await(s, upto);
    if (error == 0)
        error = copy_into(s->env, partial);
    if (error == 0)
        error = publish(partial, folder);
    if (error != 0)
        remove_copy(partial);
    return error;
}

/* --- restore --- */
/* The counters may lag behind the records that opened incidents. */
static int highest_number(void *arg, const struct record *record, const void *bytes, size_t size_bytes)
{
    (void)bytes, (void)size_bytes;
    uint64_t *highest = arg;
    for (size_t i = 0; i < record->change_count; i++) {
        uint64_t number = ident_number(record->changes[i].incident);
        *highest = number > *highest ? number : *highest;
    }
    return 0;
}

static int renew(struct store *s)
{
    struct store_meta meta = s->meta;
    MDB_txn *txn;
    int error = store_replay(s, meta.watermark, highest_number, &meta.counters.number);
    if (error != 0)
        return error;
    meta.counters.number += NUMBERS_SKIPPED;
    meta.term += TERMS_SKIPPED;
    error = store_errno(mdb_txn_begin(s->env, NULL, 0, &txn));
    if (error != 0)
        return error;
    error = store_put_meta(s, txn, &meta, &s->stored);
    if (error != 0) {
        mdb_txn_abort(txn);
        return error;
    }
    return store_errno(mdb_txn_commit(txn));
}

static int copy_backup(const char *backup, const char *partial, struct store_meta *point)
{
    struct store *from;
    struct store_options options = {.read_only = true};
    int error = store_load(backup, &options, &from);
    if (error != 0)
        return error;
    if (behind_bytes(from) > 0)
        error = store_fail(
            -EINVAL, "%s is no backup: a broker ended there before its log was in its tables; start one on it", backup);
    else if ((error = copy_into(from->env, partial)) != 0)
        store_fail(error, "%s cannot be written: %s", partial, strerror(-error));
    if (point)
        *point = from->meta;
    store_close(from);
    return error;
}

static int renew_copy(const char *partial)
{
    struct store *copy;
    struct store_options options = {0};
    int error = store_load(partial, &options, &copy);
    if (error != 0)
        return error;
    error = renew(copy);
    if (error != 0 && error != -EBADMSG)
        store_fail(error, "%s cannot be written: %s", partial, strerror(-error));
    store_close(copy);
    return error;
}

int store_restore(const char *backup, const char *folder, struct store_meta *point, const char **sentence)
{
    char partial[PATH_BYTES];
    *sentence = store_fault();
    int error = partial_name(partial, folder);
    if (error != 0)
        return store_fail(error, "%s cannot be made: %s", folder, strerror(-error));
    error = copy_backup(backup, partial, point);
    if (error == 0)
        error = renew_copy(partial);
    if (error == 0 && (error = publish(partial, folder)) != 0)
        store_fail(error, "%s cannot be made: %s", folder, strerror(-error));
    if (error != 0)
        remove_copy(partial);
    return error;
}
