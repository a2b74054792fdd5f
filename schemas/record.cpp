#include "schemas/facts.hpp"
#include "schemas/record.h"

#include <cerrno>
#include <cstring>

#include "record_generated.h"
#include "row_generated.h"
#include "side_generated.h"

using namespace facts;

/* Our own bytes, but a disk is a disk: the shape is verified, so that damage is an error and not a wild read. */
template <class Table, class Item>
static int decode(const void *bytes, size_t size_bytes, const char *identifier, struct arena *arena, Item *out)
{
    if (size_bytes > TURN_BYTES_MAX)
        return -EBADMSG;
    auto *start = static_cast<const uint8_t *>(bytes);
    flatbuffers::Verifier verifier(start, size_bytes, FRAME_DEPTH_MAX, FRAME_TABLES_MAX);
    if (!verifier.VerifyBuffer<Table>(identifier))
        return -EBADMSG;
    Reader reader(arena, From::STORE);
    Item item;
    memset(&item, 0, sizeof item);
    read(reader, *flatbuffers::GetRoot<Table>(start), &item);
    if (reader.code)
        return -EBADMSG;
    *out = item;
    return 0;
}

void record_encode(const struct record *record, struct buffer *out)
{
    contained([&] {
        Builder &builder = fresh_builder();
        bihuan::FinishRecordBuffer(builder, pack(builder, *record));
        take(builder, out);
    });
}

int record_decode(const void *bytes, size_t size_bytes, struct arena *arena, struct record *out)
{
    return decode<bihuan::Record>(bytes, size_bytes, bihuan::RecordIdentifier(), arena, out);
}

void row_encode(const struct row *row, struct buffer *out)
{
    contained([&] {
        Builder &builder = fresh_builder();
        bihuan::FinishRowBuffer(builder, pack(builder, *row));
        take(builder, out);
    });
}

int row_decode(const void *bytes, size_t size_bytes, struct arena *arena, struct row *out)
{
    return decode<bihuan::Row>(bytes, size_bytes, bihuan::RowIdentifier(), arena, out);
}

void side_encode(const struct side *side, struct buffer *out)
{
    contained([&] {
        Builder &builder = fresh_builder();
        bihuan::FinishSideBuffer(builder, pack(builder, *side));
        take(builder, out);
    });
}

int side_decode(const void *bytes, size_t size_bytes, struct arena *arena, struct side *out)
{
    return decode<bihuan::Side>(bytes, size_bytes, bihuan::SideIdentifier(), arena, out);
}
