#include "cli/receipts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/base/panic.h"
#include "cli/cli.h"
#include "cli/when.h"
#include "schemas/ident.h"

int receipts_open(struct receipts *receipts, const char *log)
{
    receipts->log = -1;
    if (!log)
        return 0;
    receipts->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return receipts->log < 0 ? -errno : 0;
}

/* {"id": …, "incident": …, "journal": …, "term": …, "seq": …, "at": …, "repeat": …} and a newline. What opened no incident
 * has null for it. */
static void add_json(struct buffer *out, const char *event_id, const struct receipt *receipt)
{
    char id[IDENT_TEXT_BYTES], time[WHEN_TEXT_BYTES];
    if (receipt->incident)
        ident_format(receipt->incident, id);
    json_t *object =
        json_pack("{s:s, s:s?, s:I, s:I, s:I, s:s, s:b}", "id", event_id, "incident", receipt->incident ? id : NULL,
                  "journal", (json_int_t)receipt->journal, "term", (json_int_t)receipt->term, "seq",
                  (json_int_t)receipt->seq, "at", when_rfc3339(receipt->at_ms, time), "repeat", (int)receipt->repeat);
    char *line = json_dumps(object, JSON_COMPACT);
    ASSERT(line);
    buffer_printf(out, "%s\n", line);
    free(line);
    json_decref(object);
}

static void add_text(struct buffer *out, const char *event_id, const struct receipt *receipt, bool utc)
{
    char id[IDENT_TEXT_BYTES] = "", time[WHEN_TEXT_BYTES];
    if (receipt->incident)
        ident_format(receipt->incident, id);
    buffer_printf(out, "%s  %" PRIu32 "/%" PRIu64 "  %s  %s%s\n", receipt->incident ? id : _("(no incident)"),
                  receipt->term, receipt->seq, when_text(receipt->at_ms, utc, time), event_id,
                  receipt->repeat ? _("  (again)") : "");
}

void receipts_add(struct receipts *receipts, const char *event_id, const struct receipt *receipt)
{
    if (receipts->log >= 0)
        add_json(&receipts->logged, event_id, receipt);
    if (receipts->json)
        add_json(&receipts->shown, event_id, receipt);
    else if (!receipts->quiet)
        add_text(&receipts->shown, event_id, receipt, receipts->utc);
}

static int write_all(int fd, const uint8_t *data, size_t size_bytes)
{
    while (size_bytes) {
        ssize_t written = write(fd, data, size_bytes);
        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            data += written;
            size_bytes -= (size_t)written;
        }
    }
    return 0;
}

int receipts_flush(struct receipts *receipts)
{
    if (receipts->logged.size) {
        int error = write_all(receipts->log, receipts->logged.data, receipts->logged.size);
        if (!error && fsync(receipts->log) != 0 && errno != EINVAL) /* a pipe cannot be synced */
            error = -errno;
        if (error)
            return error;
        buffer_clear(&receipts->logged);
    }
    if (receipts->shown.size)
        fwrite(receipts->shown.data, 1, receipts->shown.size, stdout);
    buffer_clear(&receipts->shown);
    return fflush(stdout) == 0 ? 0 : -errno;
}

void receipts_close(struct receipts *receipts)
{
    if (receipts->log >= 0)
        close(receipts->log);
    buffer_release(&receipts->logged);
    buffer_release(&receipts->shown);
}
