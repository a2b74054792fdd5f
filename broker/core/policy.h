/* policy.h: the city's rules as plain data. config/ fills it; the core only reads it, and only in decide. One policy
 * is immutable once built; a reload builds another. All texts belong to the policy's arena. */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "broker/base/arena.h"
#include "broker/base/digest.h"
#include "broker/base/limits.h"
#include "broker/base/map.h"
#include "schemas/types.h"

/* 延期 moves all of a task's clocks, and with its lead's the incident's own time. */
#define EXTEND_CLOCKS_DEFAULT                                                                                          \
    (1u << CLOCK_RESOLVE | 1u << CLOCK_RESPOND | 1u << CLOCK_ARRIVE | 1u << CLOCK_HANDLE | 1u << CLOCK_FEEDBACK |      \
     1u << CLOCK_CONTACT)

/* Where in the city's files a thing was written. */
struct origin {
    const char *file;
    size_t line, column;
};

/* 12–15 digits cut at the city's levels; level[0] is the widest. */
#define LEVELS_MAX 8
struct level {
    const char *name;  /* "city", "district", "street", "community", "grid" */
    const char *title; /* 区县 */
    size_t digits;
};

struct dated_name {
    const char *name;
    int64_t from_ms, to_ms; /* [from, to); 0: open */
};

/* Who holds a post, [from, to) with 0 for open; "" is a vacancy that is known of. */
struct holder {
    const char *name;
    int64_t from_ms, to_ms;
};

/* 岗位: it stands on ladders, and incidents can be charged to it; persons come and go. */
struct post {
    const char *id, *title;
    const struct area *area; /* where it stands: at an area, or in a unit */
    const struct unit *unit;
    const struct holder *holders; /* in order, apart; none: the city does not name persons */
    size_t holder_count;
    const struct holder *deputies; /* B 岗 */
    size_t deputy_count;
    struct origin origin;
};

struct area {
    const char *code, *name;
    const struct area *parent;          /* NULL at the top */
    size_t level;                       /* index into levels */
    const char *post;                   /* who stands on the ladder here; "" is a vacancy */
    const struct post *seat;            /* the same by posts.yaml, which counts; NULL: it says nothing */
    int64_t valid_from_ms, valid_to_ms; /* [from, to); 0: open. What lies in it is so too */
    const char *succeeded_by;           /* code, or NULL */
    bool retired;
    struct origin origin;
};

struct unit {
    const char *id;
    const struct dated_name *names; /* newest last; at least one */
    size_t name_count;
    const struct area *area; /* its 属地; NULL: the whole city */
    const char *kind;        /* what `@street.执法` asks for; "" for an area's own unit (`@community`) */
    const struct unit *parent, *supervisor;
    const struct timetable *hours; /* when somebody is there; NULL: day and night */
    const struct post *seat;       /* who stands on its ladder; NULL: nobody is named */
    bool retired;
    const char *successor;
    struct origin origin;
};

/* --- when the city works: what stands under one name in calendars.yaml --- */

/* Days are numbered from 1970-01-01 as the city counts them; times of day are since its midnight. */
struct span {
    int64_t from_ms, to_ms; /* [from, to) of one day */
};

struct hours {
    const struct span *spans; /* in order, apart; none: closed */
    size_t span_count;
    int64_t total_ms;
};

/* Every year from one date to another, both included, as month × 100 + day; it may go over New Year. */
struct season {
    int from, to;
    struct hours hours;
};

struct day_range {
    int64_t from, to; /* both included */
};

struct timetable {
    const char *name;
    int utc_offset_minutes;
    unsigned weekdays; /* bit per day of the week, as weekday_of counts */
    struct hours hours;
    const struct season *seasons;
    size_t season_count;
    const struct day_range *holidays, *makeups; /* in order, apart. makeups: 调休, worked although a weekend */
    size_t holiday_count, makeup_count;
    int64_t known_until; /* the last day whose holidays are announced; INT64_MAX: none are listed */
    struct origin origin;
};

/* date: month × 100 + day. */
bool season_holds(const struct season *, int date);
/* 0 Monday … 6 Sunday. */
static inline int weekday_of(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7); /* day 0 was a Thursday */
}

/* A budget in its calendar's own time; a working day is WORKING_DAY_MS of it. */
struct limit {
    enum clock_kind kind;
    enum calendar calendar;
    int64_t budget_ms;
    const struct timetable *timetable; /* NULL: the city's default */
};

/* What runs for a type: its limits, task and incident clocks together. */
struct profile {
    const char *name;
    const struct limit *limits;
    size_t limit_count;
    const struct ladder *ladder; /* NULL: the city's default */
    struct origin origin;
    const struct origin *limit_origins; /* where each limit stands */
};

/* 特殊时段: what is otherwise for a time. */
struct special {
    const char *name;
    int64_t from_ms, to_ms;    /* [from, to) */
    const struct type **types; /* subtrees; none: all */
    size_t type_count;
    const struct area **areas;
    size_t area_count;
    const struct profile *profile; /* its limits, where it has one, come before the type's; NULL: the clocks stay */
    const struct ladder *ladder;   /* NULL: that of the type */
    struct origin origin;
};

/* 块, 条 */
enum ladder_line { LINE_AREA = 1, LINE_SUPERVISOR = 2 };

struct ladder {
    const char *name;
    const double *warnings; /* fractions of the budget, rising, below 1: blue, then yellow */
    size_t warning_count;
    int64_t step_ms;             /* 0: the budget again, in the clock's own time */
    enum calendar step_calendar; /* of a step_ms that is written */
    unsigned lines;              /* along which it climbs: bits of enum ladder_line */
    struct hours quiet;          /* when notices are held; without spans: never */
    bool account;                /* 说明原因: a red rung asks for an explanation in writing */
    const double *
        respond_warnings; /* the warnings, and half of the budget, when it is seen whether anybody is there; NULL: the warnings */
    size_t respond_warning_count;
    bool is_default;
    struct origin origin;
};

/* From so many reports on the incident has this severity, and clocks of this profile where they are stricter. */
struct fold_raise {
    uint32_t count;
    int severity;
    const struct profile *profile; /* NULL: the clocks stay */
};

/* What becomes of an event that these hold for. */
enum event_does { EVENT_OPEN = 1, EVENT_RECORD, EVENT_NOTIFY };
struct event_rule {
    enum event_does does;
    const struct type **types; /* subtrees; none: any; so with all of these */
    size_t type_count;
    const struct area **areas;
    size_t area_count;
    const struct principal **sources;
    size_t source_count;
    unsigned natures, severities; /* bits; 0: any */
    const char *channel;          /* of a notice */
    uint32_t count;               /* so many within the time open an incident; 0: never */
    int64_t within_ms;
    const char *rule; /* "events.yaml:3" */
    struct origin origin;
};

/* Repeated reports of a type at one place within the window are one incident. */
struct fold_rule {
    const struct type *type;          /* subtree */
    int64_t window_ms;                /* since the latest report; 0: they do not fold, though a type above says so */
    size_t level;                     /* of the area that is one place */
    bool each;                        /* of every source apart */
    const struct principal **sources; /* of these together, and of nobody else; none: of all */
    size_t source_count;
    const struct fold_raise *raises;
    size_t raise_count;
    int64_t again_ms; /* so long after it was closed the next is its recurrence */
    bool reopens;     /* or opens it again, when it was said to be resolved */
    struct origin origin;
};

/* A type of the tree: code is a dotted path, "1.02.01"; its parent is the code up to the last dot. */
struct type {
    const char *code, *name;
    const struct type *parent;
    size_t depth;                  /* 1 for a top type */
    int severity;                  /* inherited when not written */
    const struct profile *profile; /* inherited; NULL only when no type above has one */
    bool hazard;                   /* inherited: it goes on although its reporter takes it back */
    const struct fold_rule *fold;  /* inherited; NULL: every report is an incident */
    bool retired;
    const char *successor;
    const char *condition; /* 立案条件: this is one, and says when; NULL: it is none */
    const char *closing;   /* 结案条件, inherited; NULL: none */
    /* With conditions below: the least limit of theirs by clock and kind of time, which hold until one is picked. */
    const struct limit *open_limits;
    size_t open_limit_count;
    struct origin origin;
};

enum recipient_kind { RECIPIENT_UNIT = 1, RECIPIENT_RELATIVE, RECIPIENT_LOCAL, RECIPIENT_OWNER, RECIPIENT_DESK };

/* absolute (a unit), relative (`@street.执法`: the unit of that kind at that level above the place), `@local` (the
 * nearest area's own unit), `@owner` (whose the object is), `desk` (a person dispatches; the last). Tried in order. */
struct recipient {
    enum recipient_kind kind;
    const struct unit *unit;
    size_t level;
    const char *unit_kind;
    const char *text; /* as written */
};

/* Recipients that are tried in order. */
struct candidates {
    const struct recipient *to;
    size_t count;
};

/* One part of a plan. */
struct plan_task {
    const char *name;
    const struct recipient *to;
    size_t to_count;
    uint32_t after; /* bit per task of the plan, by its place: it waits until these are fed back */
    const struct item *items;
    size_t item_count;
};

/* 预案: the first task leads, the others assist. */
struct plan {
    const char *name;
    const struct plan_task *tasks;
    size_t task_count;
    int64_t
        within_ms; /* 同步: those that wait for nobody start at one instant, at the latest after this; 0: each at once */
    struct origin origin;
};

/* One rule, `except` entries flattened: each is a rule of its own with a deeper area, or an exclusion. */
struct route {
    const struct type *type;          /* subtree; NULL: any */
    const struct area *area;          /* subtree; NULL: anywhere */
    unsigned natures;                 /* bit per nature; 0: any */
    unsigned severities;              /* bit per severity; 0: any */
    const struct timetable *calendar; /* it holds while this is open; NULL: always */
    bool excludes;                    /* `except` without `to`: the rule it belongs to does not hold there */
    const struct route *of;           /* the rule an exclusion belongs to */
    const struct recipient *to;
    size_t to_count;
    const struct recipient *assists;
    size_t assist_count;
    enum verifier verify;
    bool confirm;            /* looked at before it is filed */
    struct limit whistle;    /* 报到 of units called; without a budget: not said here */
    const struct plan *plan; /* instead of to and assists; to is its first task's */
    struct origin origin;
    const char *rule; /* the origin as incidents and explanations say it: "routes.yaml:12" */
};

/* Whose an object is: by its code, or by how its code begins. */
struct owner {
    const char *code; /* a prefix ends in '*' */
    const struct unit *unit;
    struct origin origin;
};

/* Events of one source: one an interval, and so many at once after a while of none. */
struct quota {
    int64_t interval_us; /* 0: as many as it likes */
    uint32_t burst;
};

/* A source's devices: from so many false alarms on, within this time of the first, what one reports is looked at first. */
struct sensor_rule {
    const struct principal *source;
    const struct type *type; /* subtree; NULL: any */
    uint32_t false_alarms;
    int64_t within_ms, for_ms;      /* for: so long it is not believed */
    const struct recipient *repair; /* its owner: tried in order */
    size_t repair_count;
    struct origin origin;
};

struct principal {
    const char *name;
    unsigned roles;                 /* enum principal_role bits */
    const char *const *credentials; /* "curve:<Z85 public key>", "uid:1000", "plain:" (the insecure one) */
    size_t credential_count;
    const struct unit *const *units; /* department: whose tasks it may take */
    size_t unit_count;
    const struct type *const *types; /* subtrees it may use; none: all */
    size_t type_count;
    const struct area *const *areas;
    size_t area_count;
    bool exercise; /* may report exercises */
    bool panic;    /* may use the panic lane */
    struct quota quota;
    bool watched;     /* sensors.yaml speaks of its devices */
    bool notices;     /* steps of what it reported are kept for it until it has acknowledged them */
    bool no_callback; /* a source: nobody is called back for what it reports */
    bool revoked;
    bool every_unit; /* `units: all`: of no unit in particular */
    struct origin origin;
};

/* 缺失: what must be heard of again and again. Each of its targets is watched by itself: devices by the reference behind
 * their source, else areas. */
struct absence {
    const char *name;
    const char *source;      /* whose events count; NULL: anybody's */
    const struct type *type; /* subtree of those that count; NULL: any */
    const char *const *refs;
    size_t ref_count;
    const struct area *const *areas; /* of devices at most one: where they are */
    size_t area_count;
    struct limit within;
    const struct type *opens; /* what is opened when nothing is heard */
    const char *text;         /* what that says beside the name and the target; "" */
    struct origin origin;
};

/* Area levels: how areas of one level are rated. A colour without `up` is not used. */
struct rated {
    uint32_t up, down; /* proposed from so many incidents on, and until there are fewer than so many */
    struct recipient lead;
};
struct rating {
    size_t level;
    int64_t window_days;             /* 0: no area is rated */
    const struct type *const *types; /* subtrees that count; none: all */
    size_t type_count;
    struct rated colours[RUNG_UP];
    struct origin origin;
};

enum duty_every { DUTY_DAY = 1, DUTY_WORKING_DAY, DUTY_WEEK, DUTY_MONTH, DUTY_QUARTER };

/* 例行: what a unit does again and again, target by target: 周排查, 月分析, 季总结; with hours a guard, checked in to at
 * posts: 护学岗. Each of its areas has one of its own. */
struct duty {
    const char *name;
    enum duty_every every;
    struct hours hours;                /* of a day; none: all of it */
    const struct timetable *timetable; /* whose working days; NULL unless it is every working day */
    const struct area *const *areas;
    size_t area_count;
    bool each;                          /* `each` was written: the area is part of its key */
    enum rung_colour when;              /* only while its area is listed so; 0: always */
    const struct special *during;       /* only in that period; NULL: always */
    const struct special *const *rests; /* not in these */
    size_t rest_count;
    struct recipient to; /* kind 0: nobody is named */
    const char *const *targets;
    size_t target_count;
    size_t target_level;      /* without targets: the areas of this level */
    const struct type *opens; /* what is opened when something is missing at a period's end */
    struct origin origin;
};

/* A GeoJSON file and which of its properties names the area. place/ builds the index. */
struct polygon_source {
    const char *file; /* as written, relative to the configuration's folder */
    const char *property;
    const struct value_code {
        const char *value, *code;
    } * codes; /* property value → area code; none: the value is it */
    size_t code_count;
    struct origin origin;
};

/* Of an area: another beside it, or a unit beyond the city. */
struct neighbour {
    const struct area *area, *other; /* other: NULL where it is a unit */
    const struct unit *unit;
    struct origin origin;
};

/* 毗邻: who else is told of what happens at a border. */
struct border {
    bool there;                 /* the city has any */
    const struct recipient *to; /* who of a neighbouring area; tried in order */
    size_t to_count;
    size_t level;  /* whose borders */
    double near_m; /* so near to another area is at its border; 0: nothing is */
    struct origin near_origin;
    const struct type *const *near_types; /* only these; none: all */
    size_t near_type_count;
    const struct type *const *types; /* of these the listed neighbours are told wherever it is */
    size_t type_count;
    const struct neighbour *neighbours; /* each both ways */
    size_t neighbour_count;
    int64_t same_within_ms; /* what comes from both sides within this may be one thing */
};

struct policy {
    struct arena arena;
    struct digest hash; /* SHA-256 of the bundle */
    const char *bundle; /* every file's name and text, for the store; config_parse reads it back */
    size_t bundle_bytes;
    const char *city, *name; /* city: the top area's code; name: for people */
    uint32_t journal;        /* journal code for a new store */
    int utc_offset_minutes;
    int64_t lease_ms;
    uint32_t reworks_max, reopens_max;   /* beyond, the duty chief decides */
    bool on_site_evidence;               /* what is handled on site shows it */
    uint32_t extensions_max;             /* of one clock */
    unsigned extend_clocks;              /* bit per clock kind: what is extended */
    int64_t suspend_max_ms, park_max_ms; /* how long each may last */
    int64_t undo_within_ms;              /* a dispatch by hand may be taken back; 0: never */
    int64_t appeal_within_ms;            /* 申诉: after a late verdict */
    int64_t unreasonable_within_ms;      /* 不合理诉求: so long "not solved" opens nothing while nobody decides */
    struct limit whistle;                /* 报到, where neither rule nor type says */
    bool informs;                        /* some type has a limit inform or progress */
    size_t inform_level;                 /* whom 第一时间上报 goes to */
    unsigned whistle_levels;             /* bit per level whose principals may whistle; 0: all */
    int64_t claim_ms;                    /* how long a claim lasts without an act */
    const struct unit *discipline;       /* 纪检: who gets a report that its line may not see; NULL: nobody */
    struct level levels[LEVELS_MAX];
    size_t level_count;
    const struct type *types;
    size_t type_count;
    const struct area *areas;
    size_t area_count;
    const struct unit *units;
    size_t unit_count;
    const struct timetable *timetables;
    size_t timetable_count;
    const struct timetable *timetable; /* the default one; NULL: the city has none, and only natural time */
    const struct profile *profiles;
    size_t profile_count;
    const struct ladder *ladders;
    size_t ladder_count;
    const struct post *posts;
    size_t post_count;
    const struct special *specials; /* the first that holds is the one */
    size_t special_count;
    const struct ladder *supervise_ladder; /* 督办's own; NULL: the incident's */
    const struct route *routes;
    size_t route_count;
    const struct recipient *fallback; /* 属地兜底: who gets what nobody arbitrates in time; tried in order */
    size_t fallback_count;
    struct candidates upward[LEVELS_MAX]; /* 上报: who of a level takes up what is reported to it; none: its own unit */
    struct border border;
    const struct plan *plans;
    size_t plan_count;
    const struct principal *principals;
    size_t principal_count;
    const struct absence *absences;
    size_t absence_count;
    bool takes_notices;  /* a source does */
    uint32_t told_steps; /* bit per notice_step */
    enum answered_by { ANSWERED_BY_SOURCE, ANSWERED_BY_CENTRE, ANSWERED_BY_CLOSING } answered_by;
    const struct sensor_rule *sensors;
    size_t sensor_count;
    const struct fold_rule *folds;
    size_t fold_count;
    bool folds_reopen; /* one of them does */
    struct rating rating;
    const struct duty *duties;
    size_t duty_count;
    const struct event_rule *event_rules; /* the first that holds is the one */
    size_t event_rule_count;
    const struct polygon_source *polygons;
    size_t polygon_count;
    struct textmap type_map, area_map, unit_map, principal_map, credential_map, profile_map, ladder_map;
    struct textmap timetable_map, post_map, plan_map;
    struct textmap owner_map;      /* object code, or prefix with its '*' → struct owner */
    uint64_t owner_prefix_lengths; /* bit n: there is a prefix of n bytes */
    struct textmap local_map;      /* "area code/kind" → unit, for relative recipients */
    struct map route_map; /* policy_route_key of a (type, area) → struct route_list: the rules for exactly these, so
                                 * that routing walks the ancestors of both, not the table */
};

struct route_list {
    const struct route **routes;
    size_t count;
};

struct policy *policy_new(void);
void policy_free(struct policy *);
/* Fills all maps from the arrays, which are complete and do not move any more. Of two units of one kind at one area
 * the first that is not retired is the local one. */
void policy_index(struct policy *);
/* Of a rule's type and area, either NULL for any. */
uint64_t policy_route_key(const struct policy *, const struct type *, const struct area *);
const struct type *policy_type(const struct policy *, const char *code);
const struct area *policy_area(const struct policy *, const char *code);
const struct unit *policy_unit(const struct policy *, const char *id);
const struct post *policy_post(const struct policy *, const char *id);
const struct plan *policy_plan(const struct policy *, const char *name);
const struct special *policy_special(const struct policy *, const char *name);
const struct principal *policy_principal(const struct policy *, const char *name);
const struct principal *policy_credential(const struct policy *, const char *credential);
const struct ladder *policy_ladder(const struct policy *, const char *name); /* the default when absent */
/* What stands in its place now: itself, or the last of its successors when retired. NULL when there is none. */
const struct type *policy_type_now(const struct policy *, const struct type *);
const struct area *policy_area_now(const struct policy *, const struct area *);
/* The same at a time: an area that is over by date is as one that is retired, and so is what lies in it; NULL when it is not
 * in force yet. 0: whatever the date. */
const struct area *policy_area_at(const struct policy *, const struct area *, int64_t at_ms);
/* The last of its successors, also of those announced for later. */
const struct area *policy_area_last(const struct policy *, const struct area *);
const struct unit *policy_unit_now(const struct policy *, const struct unit *);
/* Whose the object is: by its own code, else by the longest prefix of it. NULL: nobody's that is known. */
const struct unit *policy_owner(const struct policy *, const char *object);
/* Of one clock; NULL when the profile (or NULL) has none. */
const struct limit *profile_limit(const struct profile *, enum clock_kind);
/* Of a type, counted in this kind of time: of the conditions below it, else its own. NULL: neither. */
const struct limit *type_limit(const struct type *, enum clock_kind, enum calendar);
/* The name in force at a time. */
const char *unit_name(const struct unit *, int64_t at_ms);
/* Whether inner is outer or below it. */
bool type_within(const struct type *inner, const struct type *outer);
bool area_within(const struct area *inner, const struct area *outer);

#endif
