/* facts.hpp: the nouns of facts.fbs to and from the plain C of types.h; shared by wire.cpp and record.cpp. */
#ifndef FACTS_HPP
#define FACTS_HPP

#include <cstdint>
#include <cstring>
#include <vector>

extern "C" {
#include "broker/base/arena.h"
#include "broker/base/buffer.h"
#include "broker/base/limits.h"
}
#include "facts_generated.h"
#include "schemas/types.h"

namespace facts
{

using flatbuffers::Offset;
using flatbuffers::String;
using flatbuffers::Vector;
using Octets = Vector<uint8_t>;

/* Of this namespace, so that the templates below find every `pack` that takes one. */
struct Builder : flatbuffers::FlatBufferBuilder {
    explicit Builder(size_t first_bytes) : flatbuffers::FlatBufferBuilder(first_bytes)
    {
    }
};

/* C callers cannot catch: running out of memory while encoding ends the process here. */
template <class Work> auto contained(Work work) noexcept
{
    return work();
}

/* --- plain C → tables. What is absent is not written. --- */

Offset<String> pack(Builder &, const char *text);
Offset<Octets> pack(Builder &, const struct bytes &);
Offset<bihuan::Event> pack(Builder &, const struct event &);
Offset<bihuan::Rung> pack(Builder &, const struct rung &);
Offset<bihuan::Incident> pack(Builder &, const struct incident &);
Offset<bihuan::Task> pack(Builder &, const struct task &);
Offset<Vector<const bihuan::Clock *>> pack(Builder &, const struct clock *, size_t n);
Offset<bihuan::Record> pack(Builder &, const struct record &);
Offset<bihuan::Row> pack(Builder &, const struct row &);
Offset<bihuan::Side> pack(Builder &, const struct side &);

/* n tables in order. Up to a page's worth of offsets stays on the stack. */
template <class Table, class Item> Offset<Vector<Offset<Table>>> pack_all(Builder &builder, const Item *items, size_t n)
{
    Offset<Table> few[64];
    if (n == 0)
        return {};
    std::vector<Offset<Table>> many(n > 64 ? n : 0);
    Offset<Table> *offsets = n > 64 ? many.data() : few;
    for (size_t i = 0; i < n; i++)
        offsets[i] = pack(builder, items[i]);
    return builder.CreateVector(offsets, n);
}

template <class Item> auto pack_if(Builder &builder, const Item *item)
{
    return item ? pack(builder, *item) : decltype(pack(builder, *item))();
}

inline Offset<Vector<Offset<String>>> pack_texts(Builder &builder, const char *const *texts, size_t n)
{
    std::vector<Offset<String>> offsets(n);
    for (size_t i = 0; i < n; i++)
        offsets[i] = builder.CreateString(texts[i]);
    return n ? builder.CreateVector(offsets) : Offset<Vector<Offset<String>>>();
}

/* A builder that keeps its memory from one message to the next. */
Builder &fresh_builder();
/* Replaces out's content with the finished buffer. */
void take(const Builder &, struct buffer *out);

/* --- tables → plain C --- */

/* Bytes of the longest part from the start that is UTF-8. */
size_t text_prefix(const char *);

/* Whom the bytes come from decides what is checked beyond their shape. */
enum class From {
    STORE,  /* our own, under a checksum: nothing */
    BROKER, /* text and numbers */
    CLIENT, /* that, known values, lengths and required fields */
};

/* Reads verified tables. Texts and bytes point into the tables' memory, arrays are in the arena. The first fault is
 * kept, reading goes on: what is out when there was a fault must not be used. */
class Reader
{
  public:
    Reader(struct arena *memory, From sender) : arena(memory), from(sender)
    {
    }

    const char *text(const String *, size_t max_bytes, const char *about);
    const char *required(const String *, size_t max_bytes, const char *about);
    /* A person's name, as it is kept (typed.h). */
    const char *person(const String *, const char *about);
    struct bytes bytes(const Octets *, size_t max_bytes, const char *about);
    struct bytes sha256(const Octets *, const char *about);
    int64_t time(int64_t ms, const char *about);
    double number(double, double least, double most, const char *about);
    void require(bool present, const char *about);
    __attribute__((format(printf, 4, 5))) void fail(enum refusal_code, const char *about, const char *format, ...);

    /* An enumeration's value. What a newer broker wrote reads as absent, wherever it comes from. */
    template <class To, class Value> To known(Value value, const char *(*name)(To), const char *about)
    {
        if (value == Value(0) || name(static_cast<To>(value)))
            return static_cast<To>(value);
        if (from == From::CLIENT)
            fail(REFUSAL_BAD_VALUE, about, "%s: unknown value %u", about, static_cast<unsigned>(value));
        return To(0);
    }

    template <class Item, class Table>
    const Item *all(const Vector<Offset<Table>> *tables, size_t max, const char *about, size_t *count)
    {
        size_t n = tables ? tables->size() : 0;
        if (from == From::CLIENT && n > max)
            fail(REFUSAL_TOO_MANY, about, "%s: %zu, at most %zu", about, n, max);
        *count = code ? 0 : n;
        auto *items = *count ? ARENA_NEW(arena, Item, n) : nullptr;
        for (size_t i = 0; i < *count; i++)
            read(*this, *tables->Get(static_cast<flatbuffers::uoffset_t>(i)), &items[i]);
        return items;
    }

    /* The same of structs, which lie in the list itself; in one that is damaged not where they should, and the verifier does
     * not notice: so they are copied. */
    template <class Item, class Struct>
    const Item *all(const Vector<const Struct *> *structs, size_t max, const char *about, size_t *count)
    {
        size_t n = structs ? structs->size() : 0;
        if (from == From::CLIENT && n > max)
            fail(REFUSAL_TOO_MANY, about, "%s: %zu, at most %zu", about, n, max);
        *count = code ? 0 : n;
        auto *items = *count ? ARENA_NEW(arena, Item, n) : nullptr;
        for (size_t i = 0; i < *count; i++) {
            Struct item;
            memcpy(&item, structs->Data() + i * sizeof item, sizeof item);
            read(*this, item, &items[i]);
        }
        return items;
    }

    template <class Item, class Table> const Item *one(const Table *table)
    {
        if (!table)
            return nullptr;
        auto *item = ARENA_NEW(arena, Item, 1);
        read(*this, *table, item);
        return item;
    }

    const char *const *texts(const Vector<Offset<String>> *strings, size_t max_bytes, const char *about, size_t *count)
    {
        *count = strings ? strings->size() : 0;
        auto *out = *count ? ARENA_NEW(arena, const char *, *count) : nullptr;
        for (size_t i = 0; i < *count; i++)
            out[i] = text(strings->Get(static_cast<flatbuffers::uoffset_t>(i)), max_bytes, about);
        return out;
    }

    struct arena *arena;
    From from;
    enum refusal_code code = static_cast<enum refusal_code>(0); /* of the first fault; 0: none */
    const char *field = "", *reason = "";
};

void read(Reader &, const bihuan::Event &, struct event *);
void read(Reader &, const bihuan::Incident &, struct incident *);
void read(Reader &, const bihuan::Task &, struct task *);
void read(Reader &, const bihuan::Clock &, struct clock *);
void read(Reader &, const bihuan::Record &, struct record *);
void read(Reader &, const bihuan::Row &, struct row *);
void read(Reader &, const bihuan::Side &, struct side *);

} // namespace facts

#endif
