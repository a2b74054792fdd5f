#include "broker/store/front.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <xxhash.h>

#include "broker/base/log.h"
#include "broker/base/panic.h"
#include "broker/store/store_internal.h"

#define FILES       2
#define BLOCK_BYTES 4096u       /* an entry begins on one, so that writing it touches no other entry */
#define AHEAD_BYTES (1u << 20)  /* zeros written at a time, ahead of what is used for the first time */
#define MAGIC       0x4c484942u /* "BIHL" */
#define PATH_BYTES  4096

/* Before an entry's values. Integers are the machine's own. */
struct entry_head {
    uint64_t checksum; /* XXH3 of the rest of this head, and of the store's salt */
    uint32_t magic, journal;
    uint32_t term, record_count;
    uint64_t number;          /* within the term, from 1 */
    uint64_t first;           /* record */
    uint64_t size_bytes, sum; /* of the values, XXH3 */
};

struct front {
    int fds[FILES];
    uint64_t ready[FILES]; /* bytes that have been written once */
    unsigned now;
    uint64_t at; /* in the file of now */
    uint64_t salt;
    uint32_t term;
    uint64_t number;
};

static uint64_t head_sum(const struct entry_head *head, uint64_t salt)
{
    return XXH3_64bits_withSeed((const uint8_t *)head + sizeof head->checksum, sizeof *head - sizeof head->checksum,
                                salt);
}

static uint64_t blocks(uint64_t size_bytes)
{
    return (size_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

static int file_path(char out[PATH_BYTES], const char *folder, int file)
{
    int size = snprintf(out, PATH_BYTES, "%s/front.%d", folder, file);
    return size < PATH_BYTES ? 0 : store_fail(-ENAMETOOLONG, "the folder's name is too long");
}

/* --- writing --- */

/* Each write returns when it is durable. */
static int file_open(struct front *f, const char *folder, int file)
{
    char path[PATH_BYTES];
    struct stat status;
    int error = file_path(path, folder, file);
    if (error != 0)
        return error;
    f->fds[file] = open(path, O_RDWR | O_CREAT | O_DSYNC | O_CLOEXEC, 0600);
    if (f->fds[file] < 0 || fstat(f->fds[file], &status) != 0)
        return store_fail(-errno, "%s cannot be opened: %s", path, strerror(errno));
    f->ready[file] = (uint64_t)status.st_size / BLOCK_BYTES * BLOCK_BYTES;
    return 0;
}

int front_open(const char *folder, uint64_t salt, struct front **out)
{
    struct front *f = calloc(1, sizeof *f);
    ASSERT(f);
    int error = 0;
    f->salt = salt;
    for (int i = 0; i < FILES; i++)
        f->fds[i] = -1;
    for (int i = 0; i < FILES && error == 0; i++)
        error = file_open(f, folder, i);
    if (error == 0 && (error = sync_folder(folder)) != 0)
        store_fail(error, "%s cannot be made durable: %s", folder, strerror(-error));
    if (error != 0) {
        front_close(f);
        return error;
    }
    *out = f;
    return 0;
}

void front_close(struct front *f)
{
    if (!f)
        return;
    for (int i = 0; i < FILES; i++)
        if (f->fds[i] >= 0)
            close(f->fds[i]);
    free(f);
}

/* Zeros where the file ends: writing over what is there costs half of what growing does. A failure is the entry's own
 * write's to tell. */
static void make_ready(struct front *f, uint64_t end)
{
    static const uint8_t zeros[AHEAD_BYTES];
    while (f->ready[f->now] < end) {
        ssize_t written = pwrite(f->fds[f->now], zeros, sizeof zeros, (off_t)f->ready[f->now]);
        if (written < (ssize_t)BLOCK_BYTES)
            return;
        f->ready[f->now] += (uint64_t)written / BLOCK_BYTES * BLOCK_BYTES;
    }
}

static int write_all(int fd, struct iovec *parts, int count, uint64_t at)
{
    while (count > 0) {
        ssize_t written = pwritev(fd, parts, count, (off_t)at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        at += (uint64_t)written;
        for (; count > 0 && (size_t)written >= parts->iov_len; parts++, count--)
            written -= (ssize_t)parts->iov_len;
        if (count > 0) {
            parts->iov_base = (uint8_t *)parts->iov_base + written;
            parts->iov_len -= (size_t)written;
        }
    }
    return 0;
}

static struct entry_head head_of(struct front *f, const struct store_meta *meta, size_t record_count,
                                 const struct buffer *records)
{
    struct entry_head head = {.magic = MAGIC, .journal = meta->journal, .term = meta->term};
    ASSERT(records->size > sizeof(struct queued));
    if (f->term != meta->term)
        f->number = 0;
    f->term = meta->term;
    head.number = ++f->number;
    head.record_count = (uint32_t)record_count;
    head.first = ((const struct queued *)records->data)->key;
    head.size_bytes = records->size;
    head.sum = XXH3_64bits(records->data, records->size);
    head.checksum = head_sum(&head, f->salt);
    return head;
}

int front_write(struct front *f, const struct store_meta *meta, size_t record_count, const struct buffer *records)
{
    static const uint8_t padding[BLOCK_BYTES];
    struct entry_head head = head_of(f, meta, record_count, records);
    uint64_t size = sizeof head + records->size, end = f->at + blocks(size);
    struct iovec parts[] = {
        {&head, sizeof head}, {records->data, records->size}, {(void *)padding, (size_t)(blocks(size) - size)}};
    make_ready(f, end);
    int error = write_all(f->fds[f->now], parts, sizeof parts / sizeof *parts, f->at);
    if (error == 0) {
        f->at = end;
        f->ready[f->now] = f->ready[f->now] < end ? end : f->ready[f->now];
    }
    return error;
}

void front_turn(struct front *f)
{
    f->now = (f->now + 1) % FILES;
    f->at = 0;
}

/* --- reading --- */

struct log_file {
    uint8_t *bytes;
    uint64_t size;
    struct entry_head first; /* number 0: it holds nothing */
};

struct reading_front {
    struct log_file files[FILES];
    uint64_t salt;
    const struct store_meta *known;
    front_fn *fn;
    void *arg;
};

static bool head_right(const struct reading_front *r, const struct entry_head *head)
{
    return head->magic == MAGIC && head->checksum == head_sum(head, r->salt) && head->journal == r->known->journal &&
           head->number > 0;
}

static bool head_at(const struct reading_front *r, const struct log_file *file, uint64_t at, struct entry_head *out)
{
    if (at + sizeof *out > file->size)
        return false;
    memcpy(out, file->bytes + at, sizeof *out);
    return head_right(r, out);
}

static bool entry_whole(const struct log_file *file, uint64_t at, const struct entry_head *head)
{
    uint64_t room = file->size - at - sizeof *head;
    return head->size_bytes <= room && XXH3_64bits(file->bytes + at + sizeof *head, head->size_bytes) == head->sum;
}

/* --- a bit --- */

static bool head_but_for_a_bit(const struct reading_front *r, const struct log_file *file, uint64_t at,
                               struct entry_head *out)
{
    if (at + sizeof *out > file->size)
        return false;
    for (size_t bit = 0; bit < 8 * sizeof *out; bit++) {
        memcpy(out, file->bytes + at, sizeof *out);
        ((uint8_t *)out)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (head_right(r, out))
            return true;
    }
    return false;
}

/* A queued value that is not as it was written; its size may be wrong too. */
static bool is_damaged(const struct buffer *values, size_t at, uint64_t key, size_t *size)
{
    struct queued queued;
    *size = values->size - at;
    if (*size < sizeof queued)
        return true;
    memcpy(&queued, values->data + at, sizeof queued);
    size_t room = *size - sizeof queued, padded = (queued.size_bytes + 7) / 8 * 8;
    if (queued.size_bytes > room || padded > room) {
        *size = sizeof queued;
        return true;
    }
    *size = sizeof queued + padded;
    const uint8_t *value = values->data + at + sizeof queued;
    bool padding = true;
    for (size_t i = queued.size_bytes; i < padded; i++)
        padding &= value[i] == 0;
    return queued.key != key || queued.kind != 0 || !padding || !value_intact(value, queued.size_bytes);
}

static bool mend_value(struct buffer *values, size_t at, size_t size, uint64_t sum)
{
    struct queued queued;
    memcpy(&queued, values->data + at, size < sizeof queued ? size : sizeof queued);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        uint8_t *byte = values->data + at + bit / 8, *value = values->data + at + sizeof queued;
        *byte ^= (uint8_t)(1u << bit % 8);
        bool within = byte >= value && byte < value + queued.size_bytes; /* its own checksum is the shorter way */
        if ((!within || value_intact(value, queued.size_bytes)) && XXH3_64bits(values->data, values->size) == sum)
            return true;
        *byte ^= (uint8_t)(1u << bit % 8);
    }
    return false;
}

static bool values_but_for_a_bit(struct buffer *values, const struct entry_head *head)
{
    size_t at = 0, size;
    uint64_t key = head->first;
    for (; at < values->size && !is_damaged(values, at, key, &size); key++)
        at += size;
    return at < values->size && mend_value(values, at, size, head->sum);
}

/* An entry that is whole but for a single bit: a disk has turned it, or the power was cut before a sector arrived that held
 * no more than that. Either way it is known what was written, so it is as good as whole: the checksum says so, and the
 * chain will. */
static bool mend(const struct reading_front *r, struct log_file *file, uint64_t at)
{
    struct entry_head head;
    if (!head_at(r, file, at, &head) && !head_but_for_a_bit(r, file, at, &head))
        return false;
    if (head.first + head.record_count <= r->known->sequence + 1 || head.size_bytes > file->size - at - sizeof head)
        return false; /* what the file held before, or cut short */
    struct buffer values = {file->bytes + at + sizeof head, head.size_bytes, head.size_bytes};
    if (!entry_whole(file, at, &head) && !values_but_for_a_bit(&values, &head))
        return false;
    memcpy(file->bytes + at, &head, sizeof head);
    log_warn("store: a bit of the log in front of the tables was mended record=%llu", (unsigned long long)head.first);
    return true;
}

static int file_load(struct reading_front *r, const char *folder, int number)
{
    struct log_file *file = &r->files[number];
    char path[PATH_BYTES];
    struct stat status;
    int error = file_path(path, folder, number);
    if (error != 0)
        return error;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : store_fail(-errno, "%s cannot be opened: %s", path, strerror(errno));
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        file->size = (uint64_t)status.st_size;
        file->bytes = malloc(file->size);
        ASSERT(file->bytes);
    }
    for (uint64_t at = 0; error == 0 && at < file->size;) {
        ssize_t got = pread(fd, file->bytes + at, file->size - at, (off_t)at);
        if (got <= 0)
            error = store_fail(got < 0 ? -errno : -EIO, "%s cannot be read: %s", path, strerror(got < 0 ? errno : EIO));
        else
            at += (uint64_t)got;
    }
    close(fd);
    if (error == 0 && !head_at(r, file, 0, &file->first) && !(mend(r, file, 0) && head_at(r, file, 0, &file->first)))
        file->first.number = 0;
    return error;
}

static int read_entry(const struct reading_front *r, const struct log_file *file, uint64_t at,
                      const struct entry_head *head)
{
    struct buffer values = {file->bytes + at + sizeof *head, head->size_bytes, head->size_bytes};
    const struct queued *record;
    const uint8_t *value;
    int result = 0;
    for (size_t i = 0; result == 0 && (record = queue_next(&values, &i, &value)) != NULL;)
        result = r->fn(r->arg, record, value);
    return result;
}

static bool follows(const struct reading_front *r, const struct log_file *file, uint64_t at, uint64_t number,
                    struct entry_head *out)
{
    return head_at(r, file, at, out) && out->term == file->first.term && out->number == number &&
           entry_whole(file, at, out);
}

/* What follows the last entry is what the file held before: of an older term, or of a number that does not follow. */
static int read_file(struct reading_front *r, struct log_file *file)
{
    struct entry_head head;
    uint64_t at = 0, number = file->first.number;
    int result = 0;
    for (; result == 0 && number > 0 &&
           (follows(r, file, at, number, &head) || (mend(r, file, at) && follows(r, file, at, number, &head)));
         number++) {
        result = read_entry(r, file, at, &head);
        at += blocks(sizeof head + head.size_bytes);
    }
    return result;
}

static bool before(const struct entry_head *a, const struct entry_head *b)
{
    return a->term != b->term ? a->term < b->term : a->number < b->number;
}

/* An entry is written when the one before it is durable: so what follows the last known record may have been cut short by
 * a crash; but if anything goes on from a later one, a record before it was durable, and is damaged. What an older term or
 * round left is about records that are known. */
static int find_gap(const struct reading_front *r)
{
    struct entry_head head;
    for (int i = 0; i < FILES; i++)
        for (uint64_t at = 0; at < r->files[i].size; at += BLOCK_BYTES)
            if (head_at(r, &r->files[i], at, &head) && head.first > r->known->sequence + 1)
                return store_fail(-EBADMSG, "the log in front of the tables is damaged before record %llu",
                                  (unsigned long long)head.first);
    return 0;
}

int front_read(const char *folder, uint64_t salt, const struct store_meta *known, front_fn *fn, void *arg)
{
    struct reading_front r = {.salt = salt, .known = known, .fn = fn, .arg = arg};
    int error = 0;
    for (int i = 0; i < FILES && error == 0; i++)
        error = file_load(&r, folder, i);
    int first = before(&r.files[1].first, &r.files[0].first);
    for (int i = 0; i < FILES && error == 0; i++)
        error = read_file(&r, &r.files[(first + i) % FILES]);
    if (error == 0)
        error = find_gap(&r);
    for (int i = 0; i < FILES; i++)
        free(r.files[i].bytes);
    return error;
}
