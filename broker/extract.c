#include "broker/extract.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "broker/store/store.h"
#include "schemas/ident.h"

struct extracting {
    struct buffer json;
    uint64_t records;
};

static void print_hex(const uint8_t *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        printf("%02x", bytes[i]);
}

/* The record is what people read, its bytes are what was hashed: whoever checks them holds one against the other. */
static int print_record(void *arg, const struct record *record, const struct sealed *sealed)
{
    struct extracting *extracting = arg;
    buffer_clear(&extracting->json);
    record_json(record, &extracting->json);
    printf("{\"seq\":%" PRIu64 ",\"journal\":%u,\"term\":%u,\"before\":\"", sealed->seq, sealed->journal, sealed->term);
    print_hex(sealed->before.bytes, DIGEST_BYTES);
    printf("\",\"after\":\"");
    print_hex(sealed->after.bytes, DIGEST_BYTES);
    printf("\",\"bytes\":\"");
    print_hex(sealed->bytes.ptr, sealed->bytes.len);
    printf("\",\"record\":%.*s}\n", (int)extracting->json.size, (const char *)extracting->json.data);
    extracting->records++;
    return 0;
}

/* Without it an extract is not whole. */
static void print_end(const char *incident, const struct extracting *extracting, const struct sealed *last)
{
    printf("{\"incident\":\"%s\",\"records\":%" PRIu64 ",\"through\":%" PRIu64 ",\"chain\":\"", incident,
           extracting->records, last->seq);
    print_hex(last->after.bytes, DIGEST_BYTES);
    printf("\"}\n");
}

int extract_incident(const char *folder, const char *incident)
{
    struct extracting extracting = {0};
    struct sealed last;
    uint64_t id;
    if (ident_parse(incident, &id) != 0) {
        fprintf(stderr, "bihuand: \"%s\" is no incident number\n", incident);
        return -EINVAL;
    }
    int error = store_extract(folder, id, print_record, &extracting, &last);
    if (!error && !extracting.records)
        error = -ENOENT;
    if (error)
        fprintf(stderr, "bihuand: %s: %s\n", folder,
                error == -ENOENT && !extracting.records ? "no record of this incident" : store_fault());
    else
        print_end(incident, &extracting, &last);
    buffer_release(&extracting.json);
    return error;
}
