/* What a small frame may cost: frames within the limit whose tables, texts and lists are named as often as fits, so that whoever
 * follows them reads gigabytes. Prints as JSON how many there are, how many the broker's gate refuses, and what the slowest took
 * it. */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

extern "C" {
#include "broker/base/arena.h"
#include "broker/base/buffer.h"
#include "broker/base/limits.h"
}
#include "schemas/wire.h"
#include "wire_generated.h"

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

namespace
{

struct bomb {
    std::string name;
    std::vector<uint8_t> frame;
};

/* As many offsets as leave room for what else there is. */
template <class Item> std::vector<Offset<Item>> often(Offset<Item> item, const FlatBufferBuilder &builder)
{
    return std::vector<Offset<Item>>((FRAME_MAX_BYTES - 512 - builder.GetSize()) / sizeof(Offset<Item>), item);
}

bomb finish(const char *name, FlatBufferBuilder &builder, bihuan::Body type, Offset<void> body)
{
    bihuan::FinishMessageBuffer(builder, bihuan::CreateMessage(builder, WIRE_VERSION, 1, type, body));
    const uint8_t *bytes = builder.GetBufferPointer();
    return {name, {bytes, bytes + builder.GetSize()}};
}

bomb one_attachment_often()
{
    FlatBufferBuilder builder;
    auto attachment = bihuan::CreateAttachment(builder, builder.CreateString("https://x.example/1"));
    auto all = builder.CreateVector(often(attachment, builder));
    bihuan::EventBuilder event(builder);
    event.add_attachments(all);
    auto publish = bihuan::CreatePublish(builder, event.Finish());
    return finish("one attachment often", builder, bihuan::Body::Publish, publish.Union());
}

bomb one_unit_often()
{
    FlatBufferBuilder builder;
    auto unit = builder.CreateString(std::string(FRAME_MAX_BYTES / 2, 'u'));
    auto all = builder.CreateVector(often(unit, builder));
    bihuan::ActBuilder act(builder);
    act.add_units(all);
    return finish("one unit often", builder, bihuan::Body::Act, act.Finish().Union());
}

bomb one_id_often()
{
    FlatBufferBuilder builder;
    auto id = builder.CreateString(std::string(FRAME_MAX_BYTES / 2, 'i'));
    auto all = builder.CreateVector(often(id, builder));
    bihuan::NoticeBuilder notice(builder);
    notice.add_events(all);
    return finish("one id often", builder, bihuan::Body::Notice, notice.Finish().Union());
}

/* A row in which one list of clocks takes half of the frame. */
bomb one_row_often()
{
    FlatBufferBuilder builder;
    std::vector<bihuan::Clock> clocks(FRAME_MAX_BYTES / 2 / sizeof(bihuan::Clock));
    auto list = builder.CreateVectorOfStructs(clocks);
    bihuan::RowBuilder row(builder);
    row.add_clocks(list);
    auto all = builder.CreateVector(often(row.Finish(), builder));
    bihuan::AnswerBuilder answer(builder);
    answer.add_rows(all);
    return finish("one row often", builder, bihuan::Body::Answer, answer.Finish().Union());
}

/* Records of which each is the same, with the same changes, with the same tasks: a hundred to the third power of them. */
bomb a_graph()
{
    FlatBufferBuilder builder;
    auto task = bihuan::TaskBuilder(builder).Finish();
    auto tasks = builder.CreateVector(std::vector<Offset<bihuan::Task>>(100, task));
    bihuan::ChangeBuilder change(builder);
    change.add_tasks(tasks);
    auto changes = builder.CreateVector(std::vector<Offset<bihuan::Change>>(100, change.Finish()));
    bihuan::RecordBuilder record(builder);
    record.add_changes(changes);
    auto records = builder.CreateVector(often(record.Finish(), builder));
    bihuan::AnswerBuilder answer(builder);
    answer.add_records(records);
    return finish("a graph", builder, bihuan::Body::Answer, answer.Finish().Union());
}

/* Milliseconds of the quickest of several times: what it costs, whatever else the machine does. */
double cost_ms(const std::vector<uint8_t> &frame, struct arena *arena, bool *refused)
{
    double best = 1e9;
    for (int i = 0; i < 20; i++) {
        struct message message;
        struct refusal refusal;
        arena_reset(arena);
        auto began = std::chrono::steady_clock::now();
        *refused = wire_decode_client(frame.data(), frame.size(), arena, &message, &refusal) != 0;
        std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
        best = std::min(best, took.count());
    }
    return best;
}

} // namespace

int main()
{
    struct arena arena;
    size_t refused = 0, count = 0;
    double slowest = 0;
    arena_init(&arena);
    for (const bomb &each : {one_attachment_often(), one_unit_often(), one_id_often(), one_row_often(), a_graph()}) {
        bool no = false;
        double ms = cost_ms(each.frame, &arena, &no);
        fprintf(stderr, "%s: %zu bytes, %s, %.3f ms\n", each.name.c_str(), each.frame.size(), no ? "refused" : "taken",
                ms);
        slowest = std::max(slowest, ms);
        refused += no;
        count++;
    }
    arena_release(&arena);
    printf("{\"bombs\": %zu, \"refused\": %zu, \"slowest_ms\": %.3f}\n", count, refused, slowest);
    return 0;
}
