/* limits.h: every bound of the system in one place, so that each can be stated, tested and shown in metrics. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Wire. A frame above FRAME_MAX_BYTES is dropped by ZeroMQ with the connection (ZMQ_MAXMSGSIZE). */
#define FRAME_MAX_BYTES  (64 * 1024)
#define FRAME_DEPTH_MAX  8
#define FRAME_TABLES_MAX 512
/* What a client accepts from the broker: a page of 200 rows with all their clocks. */
#define ANSWER_MAX_BYTES  (4 * 1024 * 1024)
#define ANSWER_TABLES_MAX 65536

/* Text fields, in bytes of UTF-8 without the NUL. Longer is a refusal that names the field. */
#define ID_MAX_BYTES      64          /* source event ids, request ids, worker names, persons */
#define CODE_MAX_BYTES    32          /* type codes, area codes, unit ids, principal names, reason codes */
#define ABOUT_MAX_BYTES   256         /* whom a report is about */
#define TEXT_MAX_BYTES    (16 * 1024) /* description, note, reason text */
#define ADDRESS_MAX_BYTES 512
#define CURSOR_MAX_BYTES  300 /* of a page: a kind and a key of a row beside incidents is the longest */
#define ATTACHMENTS_MAX   16
#define IDENTITY_GRANT_MS (24 * 60 * 60 * 1000) /* so long who reported may be opened after it was granted */
#define IDENTITY_OPEN_MS  (10 * 60 * 1000)      /* so long it is given out after it was opened */
#define SEALED_MAX_BYTES  2048                  /* the reporter, sealed to the custodian's key */
#define FUTURE_MAX_MS     (10 * 60 * 1000LL)    /* observed_ms this far ahead of the broker's now is refused */

/* One incident. */
#define TASKS_MAX          16                   /* tasks of one incident, withdrawn ones included */
#define CLOCKS_MAX         (16 + 6 * TASKS_MAX) /* clocks of one incident: 16 kinds of its own, 6 a task */
#define PLAN_TASKS_MAX     12                   /* of one plan */
#define ITEMS_MAX          12                   /* of a task's checklist */
#define NEAR_MAX_M         50000                /* to a border */
#define ITEM_MAX_BYTES     96                   /* one of them, and the name of a plan's task */
#define ASKS_MAX           32                   /* asked of one incident */
#define CANDIDATES_MAX     8                    /* recipients a route tries in order */
#define ASSISTS_MAX        8
#define VOICES_MAX         (32 + TASKS_MAX) /* who dispatched or handled one incident; new ones are heard up to 32 */
#define WORDS_KEPT         8                /* latest words of a task whose repeats get the first answer */
#define REWORKS_DEFAULT    3                /* times a verifier may have the same work done again */
#define REOPENS_DEFAULT    2                /* times an incident opens again by itself, or by a dispatcher */
#define LOST_MAX           3                /* offers lost by a dying worker before the task is shelved */
#define REPORT_KEYS_MAX    16 /* under which reports fold into one incident: its own and those merged into it */
#define REPORT_SOURCES_MAX 64 /* sources whose reports one incident holds */

/* Rows beside incidents: devices, sources, area levels, duties, absences, shifts. */
#define SIDES_MAX         1000000 /* beyond it none is added: who would need one is refused or goes without */
#define SIDE_KEY_MAX      240     /* bytes of a row's key */
#define SIDE_LIST_MAX     256     /* texts in its list */
#define RECORD_SIDES_MAX  64      /* rows that one record sets */
#define SIDE_FINISH_BYTES 1024    /* room kept in the store for what is yet to happen to one */

/* One turn. */
#define TURN_MESSAGES_MAX     1024          /* messages drained in one turn */
#define TURN_BYTES_MAX        (1024 * 1024) /* encoded records of one entry; a turn ends early at this size */
#define TICK_RUNGS_MAX        256  /* rungs fired and incidents reckoned anew in one turn; input comes between */
#define TICK_RUNGS_BUSY       32   /* the same of a backlog, while others ask for something; doubled as it lasts */
#define TICK_REST_US          4000 /* and then so long none */
#define TICK_DOUBLE_MS        10000
#define TICK_ASKED_MS         1000 /* since anything came in: somebody asks for something */
#define RECKON_LOOKS_MAX      4096 /* incidents looked at for that in one turn */
#define OFFERS_MAX            1024 /* offers decided at the end of one turn */
#define AGAIN_MAX             256  /* leases delivered again to a worker that seems not to know of some */
#define SHORT_BEATS_MAX       12   /* heartbeats in a row that do not know of some, before a busy one is doubted */
#define BESIDE_RECORDS_MIN    32   /* a smaller turn is committed at once: handing it over costs more than it gains */
#define BESIDE_ALL_MIN        96   /* the same of a turn that holds all there was: nothing is decided meanwhile */
#define LANDING_LOOK_MESSAGES 16   /* messages between looks whether a commit under way is over */
#define BESIDE_TURNS_MAX      8    /* turns in a row whose commit runs beside the next; then feeds are served */
#define FLUSH_SLICE_MIN       256  /* rows written behind in one turn, at least, while there are any */
#define QUERY_BUDGET_US       2000 /* time that queries and feeds may take in one turn */
#define PAGE_ROWS_MAX         200  /* rows in one page of an answer */
#define RECEIPTS_MAX          512  /* packed in one frame */

/* Configuration. */
#define CONFIG_FILE_MAX_BYTES  (32 * 1024 * 1024)
#define CONFIG_DEPTH_MAX       32 /* nested lists and mappings */
#define POLYGON_FILE_MAX_BYTES (256LL * 1024 * 1024)
#define EVENT_COUNT_MAX        64  /* recorded events that open an incident */
#define NAME_MAX_BYTES         192 /* names of areas, types, units; posts */
#define CONDITION_MAX_BYTES    768 /* a filing condition, a closing condition */
#define DURATION_MAX_MS        (3660 * 24 * 3600 * 1000LL)
#define SUCCESSORS_MAX         64 /* successors in a row */

/* Routine. */
#define ABSENCES_MAX        48    /* rules; an event may reset one target of each within one record */
#define ABSENCE_TARGETS_MAX 4096  /* of one rule */
#define SAMPLE_OF_MAX       10000 /* closed incidents that one sample draws from */
#define SAMPLE_DRAWN_MAX    200
#define RATING_DAYS_MAX     101  /* of a window that counts for area levels, and today */
#define DUTIES_MAX          1024 /* of a city, each area counted */
#define ROUTINE_LOOKS_MAX   4096 /* targets looked at in one turn, after a change of rules */

/* Working time. */
#define WORKING_DAY_MS       (8 * 3600 * 1000LL)     /* what a limit calls a working day */
#define WORKING_LIMIT_MAX_MS (1000 * WORKING_DAY_MS) /* of a limit in working time */
#define CALENDAR_RANGE_MAX   366                     /* days of one holiday */
#define CALENDAR_RANGES_MAX  1024                    /* holidays, and make-up days, of one calendar */
#define CALENDAR_SEASONS_MAX 8
#define CALENDAR_SPANS_MAX   8     /* opening hours of one day */
#define CALENDAR_DAYS_MAX    80000 /* days that one reckoning walks over; what lies beyond is not told apart */

/* The broker. */
#define WORKERS_MAX       10000
#define PEERS_MAX         50000  /* sessions known at once; the idlest is forgotten first */
#define SESSION_IDLE_MS   600000 /* a connection unheard for so long is forgotten; it says hello again */
#define CREDIT_MAX        4096
#define LIVE_MAX          4000000 /* live incidents; beyond it publishes are refused */
#define LIVE_RESERVE      65536   /* of these, kept for the panic lane and severity 1 */
#define SYMBOLS_MAX       4000000
#define FOLD_PLACES_MAX   1000000 /* where repeated reports go; what ended longest ago is forgotten first */
#define FOLD_AGAIN_MAX_MS (31 * 24 * 3600 * 1000LL)
#define DEDUP_MAX         4000000              /* publishes and centre commands remembered */
#define DEDUP_RESERVE     65536                /* of these, kept for the centre's commands */
#define DEDUP_WINDOW_MS   (48 * 3600 * 1000LL) /* a repeat within this gets the first receipt */
#define REFUSAL_RECORD_MS 60000                /* refusals of rights: one record a minute per (principal, code) */

/* The edge. ZeroMQ's queues are per peer and inexact; what they do not take waits in the outbox. */
#define PEER_SEND_MAX            2048 /* messages ZeroMQ queues to one publisher or worker */
#define ANSWER_SEND_MAX          64   /* the same to one reader, whose answers may be large; the outbox has the rest */
#define PEER_RECEIVE_MAX         1024 /* messages ZeroMQ queues from one peer before it stops reading */
#define OUTBOX_PEER_MAX          4096 /* messages that wait for one peer with a full queue; newer ones are dropped */
#define OUTBOX_WAITING_BYTES_MAX (64 * 1024 * 1024) /* the same for all peers together */
#define LISTEN_BACKLOG           1024
#define CONNECTIONS_ALARM        40000 /* above this many the log says so */
#define FILES_RESERVED           6     /* descriptors that no connection gets: of a reload, a backup, the log */
#define HANDSHAKE_MAX_MS         5000
#define LINGER_MAX_MS            1000 /* at the stop, for what is still queued */
#define SOCKET_HEARTBEAT_MS      5000 /* ZeroMQ's own; a connection silent for three is closed */
#define HTTP_CONNECTIONS_MAX     32
#define QUOTA_LINE_US            60000000LL /* beyond its quota a source stands in line for so long at most */
#define OVERLOAD_RETRY_MS        5000       /* what a publisher refused for want of room is told to wait */

/* The store. */
#define RECORD_INLINE_BYTES 2016    /* above this LMDB gives a value pages of its own */
#define TAIL_MAX            2000000 /* records above the watermark before publishes are refused */
#define MAP_DEFAULT_BYTES   (16LL << 30)
/* The tables follow the log in front of them by batches: of this size or age; and a turn waits above the maximum, of which
 * there may be two in memory and in the log. */
#define BEHIND_BYTES     (8u << 20)
#define BEHIND_MS        250
#define BEHIND_BYTES_MAX (32u << 20)
/* Room kept for what is open: a publish is refused when what is used, what every live incident may yet need to end (its
 * records, rungs and row), and the slack (a start, one sweep's copied pages) would not fit the map. */
#define FINISH_BYTES 8192
#define SLACK_PART   8 /* of the map */

/* Time. */
#define CLAIM_DEFAULT_MS        (10 * 60 * 1000)
#define DISPATCH_DEFAULT_MS     (30 * 60 * 1000LL) /* to give an unrouted incident an owner, where no profile says */
#define RETURN_DEFAULT_MS       (30 * 60 * 1000LL) /* to decide a return, where no profile says */
#define ARBITRATE_DEFAULT_MS    (60 * 60 * 1000LL) /* to arbitrate a second one */
#define ACKNOWLEDGE_DEFAULT_MS  (30 * 60 * 1000LL) /* for the level above to take up what was reported to it */
#define WHISTLE_DEFAULT_MS      (30 * 60 * 1000LL) /* to check in after a whistle, where neither rule, type nor city says */
#define CONFIRM_DEFAULT_MS      (2 * 3600 * 1000LL)        /* to look at what a rule says is to be confirmed first */
#define SUSPEND_DEFAULT_MAX_MS  (4 * 3600 * 1000LL)        /* 挂起 is short, where no city says how short */
#define PARK_DEFAULT_MAX_MS     (366 * 24 * 3600 * 1000LL) /* 挂账 waits for a season at most */
#define UNDO_DEFAULT_MS         30000                      /* to take back a wrong dispatch */
#define APPEAL_DEFAULT_MS       (7 * 24 * 3600 * 1000LL)   /* to appeal against a late verdict */
#define REVIEW_DEFAULT_MS       (7 * 24 * 3600 * 1000LL)   /* to decide an appeal, where no profile says */
#define UNREASONABLE_DEFAULT_MS (24 * 3600 * 1000LL)       /* to decide what was proposed with a callback */
#define SAME_DEFAULT_MS         (30 * 60 * 1000LL) /* between reports from both sides of a border, to be one thing */
#define TOGETHER_DEFAULT_MS     (2 * 60 * 1000LL)  /* for all of a plan to respond, before they start together */
#define STEP_NOTICE_MS          1000               /* a wall step beyond this is journaled */
#define STEP_SLEW_MS            300000             /* below this it is slewed, above it waits for the operator */
#define GAP_ALARM_MS            (24 * 3600 * 1000LL)
#define LEASE_DEFAULT_MS        15000 /* silence after which a lease ends; heartbeat is a third of it */

#endif
