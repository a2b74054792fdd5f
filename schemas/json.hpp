/* json.hpp: writes one line of JSON; shared by record_json.cpp and wire_json.cpp. The keys are the fields of the .fbs
 * files; what is absent is left out. One way only: no JSON is ever read from the wire. */
#ifndef JSON_HPP
#define JSON_HPP

#include "schemas/facts.hpp"
#include "schemas/ident.h"

#include <charconv>
#include <cmath>
#include <ctime>

#include <flatbuffers/util.h>

namespace facts
{

/* Writes keys and values into a buffer, with commas where they belong. key is NULL within an array. */
class Json
{
  public:
    explicit Json(struct buffer *buffer) : out(buffer)
    {
    }

    void open(const char *key, char bracket)
    {
        start(key);
        put(bracket);
        comma = false;
    }

    void close(char bracket)
    {
        put(bracket);
        comma = true;
    }

    void text(const char *key, const char *value)
    {
        if (!value || !*value)
            return;
        start(key);
        quote(value);
    }

    void texts(const char *key, const char *const *values, size_t n)
    {
        if (n == 0)
            return;
        open(key, '[');
        for (size_t i = 0; i < n; i++) {
            start(nullptr);
            quote(values[i]);
        }
        close(']');
    }

    void count(const char *key, uint64_t value)
    {
        char digits[24];
        auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        start(key);
        buffer_append(out, digits, size_t(end - digits));
    }

    void number(const char *key, int64_t value)
    {
        char digits[24];
        auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        if (value == 0)
            return;
        start(key);
        buffer_append(out, digits, size_t(end - digits));
    }

    void id(const char *key, uint64_t value)
    {
        if (value)
            count(key, value);
    }

    /* The shortest digits that read back as the same number, in any locale. */
    void real(const char *key, double value)
    {
        char digits[40];
        if (!std::isfinite(value))
            return;
        auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        start(key);
        buffer_append(out, digits, size_t(end - digits));
    }

    void truth(const char *key, bool value)
    {
        start(key);
        buffer_append(out, value ? "true" : "false", value ? 4 : 5);
    }

    void flag(const char *key, bool value)
    {
        if (value)
            truth(key, true);
    }

    /* RFC 3339 has four digits for the year; what lies beyond is no time of ours. */
    void time(const char *key, int64_t ms)
    {
        time_t seconds = time_t(ms / 1000 - (ms % 1000 < 0));
        struct tm tm;
        if (ms == 0 || !gmtime_r(&seconds, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
            return;
        start(key);
        buffer_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                      tm.tm_hour, tm.tm_min, tm.tm_sec, int((ms % 1000 + 1000) % 1000));
    }

    void incident(const char *key, uint64_t id)
    {
        char written[IDENT_TEXT_BYTES];
        if (!id)
            return;
        ident_format(id, written);
        text(key, written);
    }

    void hex(const char *key, const struct bytes &bytes)
    {
        if (!bytes.len)
            return;
        start(key);
        put('"');
        for (size_t i = 0; i < bytes.len; i++)
            buffer_printf(out, "%02x", bytes.ptr[i]);
        put('"');
    }

    void key128(const char *key, const struct key128 &value)
    {
        if (!value.hi && !value.lo)
            return;
        start(key);
        buffer_printf(out, "\"%016llx%016llx\"", static_cast<unsigned long long>(value.hi),
                      static_cast<unsigned long long>(value.lo));
    }

    void base64(const char *key, const struct bytes &bytes)
    {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        if (!bytes.len)
            return;
        start(key);
        put('"');
        for (size_t i = 0; i < bytes.len; i += 3) {
            size_t left = bytes.len - i;
            unsigned word = unsigned(bytes.ptr[i]) << 16 | (left > 1 ? unsigned(bytes.ptr[i + 1]) << 8 : 0) |
                            (left > 2 ? unsigned(bytes.ptr[i + 2]) : 0);
            put(digits[word >> 18]);
            put(digits[word >> 12 & 63]);
            put(left > 1 ? digits[word >> 6 & 63] : '=');
            put(left > 2 ? digits[word & 63] : '=');
        }
        put('"');
    }

  private:
    void put(char byte)
    {
        buffer_append(out, &byte, 1);
    }

    void start(const char *key)
    {
        if (comma)
            put(',');
        comma = true;
        if (!key)
            return;
        quote(key);
        put(':');
    }

    /* Text of the store is not checked again: a byte that is not UTF-8 becomes U+FFFD, so that the line stays JSON. */
    void quote(const char *at)
    {
        const char *plain = at; /* from here on nothing needs an escape */
        put('"');
        while (*at) {
            const char *next = at;
            int code = flatbuffers::FromUTF8(&next);
            if (code >= 0x20 && code != '"' && code != '\\' && code != 0x7f) {
                at = next;
                continue;
            }
            buffer_append(out, plain, size_t(at - plain));
            escape(code);
            plain = at = code < 0 ? at + 1 : next;
        }
        buffer_append(out, plain, size_t(at - plain));
        put('"');
    }

    void escape(int code)
    {
        if (code < 0)
            buffer_append(out, "\xef\xbf\xbd", 3);
        else if (code == '\n')
            buffer_append(out, "\\n", 2);
        else if (code == '"' || code == '\\')
            buffer_printf(out, "\\%c", code);
        else
            buffer_printf(out, "\\u%04x", unsigned(code));
    }

    struct buffer *out;
    bool comma = false;
};

void write(Json &, const struct event &);
void write(Json &, const struct incident &);
void write(Json &, const struct task &);
void write(Json &, const struct clock &);
void write(Json &, const struct record &);
void write(Json &, const struct row &);
void write(Json &, const struct side &);

template <class Item> void write(Json &json, const char *key, const Item &item)
{
    json.open(key, '{');
    write(json, item);
    json.close('}');
}

template <class Item> void write_if(Json &json, const char *key, const Item *item)
{
    if (item)
        write(json, key, *item);
}

template <class Item> void write_all(Json &json, const char *key, const Item *items, size_t n)
{
    if (n == 0)
        return;
    json.open(key, '[');
    for (size_t i = 0; i < n; i++)
        write(json, nullptr, items[i]);
    json.close(']');
}

inline void write_texts(Json &json, const char *name, const char *const *texts, size_t n)
{
    if (n == 0)
        return;
    json.open(name, '[');
    for (size_t i = 0; i < n; i++)
        json.text(nullptr, texts[i]);
    json.close(']');
}

template <class Item> void write_line(const Item &item, struct buffer *out)
{
    contained([&] {
        Json json(out);
        write(json, nullptr, item);
    });
}

} // namespace facts

#endif
