#include "cli/events_private.h"

enum reading events_next(struct events *events, struct arena *arena, struct event *event, struct bad_line *bad,
                         size_t *line)
{
    enum reading reading = events->next(events, arena, event, bad);
    *line = events->line;
    if (reading == READING_EVENT && !event_check(event, arena, bad))
        return READING_BAD;
    return reading;
}

void events_close(struct events *events)
{
    if (events)
        events->close(events);
}
