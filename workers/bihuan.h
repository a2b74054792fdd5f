/** @file bihuan.h
 *  @brief libbihuan: publish events to a Bihuan (闭环) broker, do a department's work, look things up.
 *
 *  @mainpage
 *
 *  @section intro What it does
 *  A Bihuan broker takes events from sources, makes each an incident, and offers the tasks of an incident to workers of
 *  the departments. This library speaks to the broker for one program: it connects, greets, keeps the connection alive,
 *  sends again what got no answer, and gives up only when you said so. Two kinds of handle exist:
 *
 *  - @ref bh, for sources and for looking things up: bh_publish(), bh_publish_start(), bh_query_json().
 *  - @ref bh_work, for one worker of a department: bh_work_next(), bh_say(), bh_drain().
 *
 *  The smallest source:
 *  @code
 *      struct bh *bh;
 *      struct bh_result result;
 *      char fault[BH_FAULT_BYTES];
 *      struct bh_options options = {0};                       // ipc:///run/bihuan, or $BIHUAN_BROKER
 *      if (bh_open(&options, &bh, fault) != BH_OK)
 *          errx(1, "%s", fault);
 *      struct bh_event event = {0};
 *      event.id = "cam-7/2026-11-22T08:00:01";                // your own id of it: sending again is safe
 *      event.type = "0101";
 *      event.area = "620802001001";
 *      if (bh_publish(bh, &event, 10000, &result) == BH_OK)
 *          printf("%s\n", result.receipt.incident);           // durable: 620802-000123-W
 *      bh_close(bh);
 *  @endcode
 *
 *  The smallest worker:
 *  @code
 *      struct bh_work *work;
 *      struct bh_task *task;
 *      struct bh_work_options options = {0};
 *      options.unit = "chengguan.dongguan";
 *      if (bh_work_open(&options, &work, fault) != BH_OK)
 *          errx(1, "%s", fault);
 *      while (bh_work_next(work, -1, &task) == BH_OK) {
 *          struct bh_word word = {0};
 *          if (task->revoked)
 *              continue;
 *          word.verb = BH_RESPOND;
 *          bh_say(work, task, &word, 10000, NULL);
 *          word.verb = BH_FEEDBACK;
 *          word.outcome = "resolved";
 *          bh_say(work, task, &word, 10000, NULL);            // frees a place: the next task comes
 *      }
 *      bh_work_close(work);
 *  @endcode
 *
 *  @section rules Rules that hold throughout
 *  - Functions that can fail return ::BH_OK or another @ref bh_error; what they were to fill is then untouched, unless
 *    said otherwise. bh_strerror() has a sentence for each.
 *  - Text is UTF-8 and ends in a NUL. A NULL text in a structure is absent. Set structures to zero before you fill them.
 *    What you pass is copied: it may be freed or changed when the call returns.
 *  - Times ending in `_ms` are milliseconds since 1970-01-01 UTC; a time-out is in milliseconds of real time, negative
 *    is "for ever". The broker's own clock may run faster in an exercise.
 *  - ::BH_UNKNOWN is not "no": the broker may have done it. Do the same again *with the same id* and you get the first
 *    answer, now or after a crash of either side (within 48 hours).
 *  - A handle belongs to one thread at a time. Several handles in several threads are fine. After fork() the child must
 *    not use, nor close, a handle of its parent.
 *  - The library starts one I/O thread for each handle, installs no signal handler, and never writes to stdout or stderr
 *    (except when memory is exhausted: then it says so and aborts).
 *
 *  @section security Keys
 *  Over `ipc://` the broker knows a program by its uid. Over `tcp://` connections are encrypted by CURVE: name the
 *  broker's public key and your own secret key file (40 characters of Z85, readable by its owner only; `bihuan keys`
 *  makes one). Plain tcp works only to 127.0.0.1, for trials against a broker started with `--insecure`.
 */
#ifndef BIHUAN_H
#define BIHUAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BH_VERSION_MAJOR 0
#define BH_VERSION_MINOR 1
#define BH_VERSION_PATCH 0

/** Length of the buffer for a sentence that says why a handle could not be opened. */
#define BH_FAULT_BYTES 256
/** Length of an incident's id as text, "620802-000123-W", with its NUL and room to grow. */
#define BH_INCIDENT_BYTES 32

/** @brief What a function returns. Values never change. */
enum bh_error {
    BH_OK = 0,
    BH_REFUSED = 1,      /**< The broker said no; see struct bh_refusal. Nothing was changed. */
    BH_UNKNOWN = 2,      /**< No answer in time. It may have been done: call again with the same id. */
    BH_AGAIN = 3,        /**< Nothing now, or too many in flight: poll, then try again. */
    BH_INTERRUPTED = 4,  /**< A signal came while waiting; nothing is lost. */
    BH_BAD_ARGUMENT = 5, /**< An argument the broker would not understand; nothing was sent. */
    BH_BAD_OPTION = 6,   /**< The address, a key or a key file is not usable; the fault text says why. */
    BH_DRAINED = 7,      /**< This worker has drained: nothing is held and nothing more will come. */
    BH_NO_TASK = 8       /**< The task is no longer ours: it has ended or was revoked. */
};

/** @brief One sentence for an @ref bh_error; never NULL, never freed. */
const char *bh_strerror(int error);

/** @brief The library's version, "0.1.0". */
const char *bh_version(void);

/** @brief Where the broker is and who we are. All may be NULL. */
struct bh_options {
    /** "ipc:///run/bihuan", or "tcp://host:6201" (the port of publish; the others follow it). NULL: the environment's
     *  BIHUAN_BROKER, else "ipc:///run/bihuan". */
    const char *broker;
    /** The broker's public key, for tcp: 40 characters of Z85, or a file that holds them. NULL: BIHUAN_SERVER_KEY. */
    const char *server_key;
    /** The file with our own secret key, for tcp. NULL: BIHUAN_KEY_FILE. */
    const char *key_file;
    /** Name and version of your program, for the broker's log. */
    const char *software;
    /** Most publishes in flight by bh_publish_start(); 0: 1024. */
    uint32_t in_flight_max;
};

/** @brief The promise: what it is about is durable, with this id and place in the trail. */
struct bh_receipt {
    char incident[BH_INCIDENT_BYTES]; /**< "620802-000123-W" */
    uint32_t journal;                 /**< The issuer's 6-digit code. */
    uint32_t term;                    /**< The journal's generation. */
    uint64_t sequence;                /**< The record's number in the journal. */
    int64_t at_ms;                    /**< When, by the broker's clock. */
    bool repeat;                      /**< This was done before: it is the first receipt again. */
};

/** @brief The broker's polite no. */
struct bh_refusal {
    int code;                /**< The number in PROTOCOL.md; 0: there is none. */
    char name[32];           /**< Its name: "unknown_type". */
    char field[64];          /**< The field it is about; "" if about no single one. */
    char reason[256];        /**< English, for people. */
    uint32_t retry_after_ms; /**< The same may succeed after this time; 0: not unchanged. */
};

/** @brief What came of a request. `receipt` is set for ::BH_OK, `refusal` for ::BH_REFUSED. */
struct bh_result {
    int error;
    struct bh_receipt receipt;
    struct bh_refusal refusal;
};

/** @brief Called once for each request that was started, from inside bh_poll(), bh_work_next() or another call on the
 *  same handle. It may start further requests; it must not call what waits, nor close the handle. The result is valid
 *  during the call. */
typedef void bh_done_fn(void *arg, const struct bh_result *result);

/** @defgroup publish Sources: publishing and looking up
 *  @{ */

/** @brief A source's connection. Opaque. */
struct bh;

/** @brief Evidence by reference. */
struct bh_attachment {
    const char *uri;
    const char *media_type;
    const uint8_t *sha256; /**< 32 bytes, or NULL. */
};

/** @brief What a source reports (上报信息). `id` and `type` are required. */
struct bh_event {
    const char *id;   /**< Your own id of it, unique among yours: a repeat with the same content gets the first receipt,
                           the same id with other content is refused (`id_conflict`). At most 64 bytes. */
    const char *type; /**< Type code of the city's table. */
    const char *text; /**< What happened, at most 16 KiB. */
    const char *source_ref;    /**< The device or channel behind you. */
    const char *recurrence_of; /**< An earlier incident, if you know. */
    const char *nature;        /**< "help", "complaint", "report", "consult", "suggest", "praise" */
    int severity;              /**< 1 gravest … 4; 0: the type's own. */
    const char *area;          /**< Division code, digits; or a point, or both, or neither (then people find it). */
    const char *address;
    const char *coordinate_system; /**< "wgs84", "gcj02", "bd09", "cgcs2000"; required with a point, absent without. */
    double latitude, longitude;    /**< Degrees; read only when coordinate_system is set. */
    int64_t observed_ms;           /**< When it was seen; 0: unknown. */
    bool panic;                    /**< The panic lane (一键报警). */
    bool sealed;                   /**< Treat as 举报: never shown to whom it is about. */
    const struct bh_attachment *attachments;
    size_t attachment_count; /**< At most 16. */
    const void *reporter;    /**< The reporter, sealed to the custodian's key; opaque to the broker. */
    size_t reporter_bytes;   /**< At most 2048. */
    const char *done;        /**< Handled on site: the outcome, as in struct bh_word; else NULL. */
    const char *evidence;    /**< With `done`: what shows it. */
    const char *object;      /**< Code of the thing it is about: a manhole, a lamp. At most 32 bytes. */
    bool exercise;           /**< 演练: marked so to its end, never in figures. Needs the permission. */
};

/** @brief Opens a connection for publishing and queries.
 *  Connects in the background: the broker need not be there yet.
 *  @param[in] options may be NULL for all defaults
 *  @param[out] out the handle, to be closed by bh_close()
 *  @param[out] fault on failure one sentence for people
 *  @return ::BH_OK, ::BH_BAD_OPTION */
int bh_open(const struct bh_options *options, struct bh **out, char fault[BH_FAULT_BYTES]);

/** @brief Closes; callbacks of what is still in flight are not called. Waits at most half a second for the network.
 *  NULL is nothing. */
void bh_close(struct bh *bh);

/** @brief Publishes one event and waits for the broker's word: retries with growing, jittered pauses, over lost
 *  connections and restarts of the broker, and waits when the broker says it is overloaded.
 *  Callbacks of bh_publish_start() may be called meanwhile.
 *  @param[out] result filled in every case; may be NULL
 *  @return ::BH_OK (durable), ::BH_REFUSED, ::BH_UNKNOWN (call again with the same id), ::BH_BAD_ARGUMENT (an unknown
 *  name; `result->refusal.field` says which), ::BH_AGAIN (in_flight_max are in flight) */
int bh_publish(struct bh *bh, const struct bh_event *event, int timeout_ms, struct bh_result *result);

/** @brief Starts publishing one event; returns at once. `done` is called from a later bh_poll(): with a receipt, a
 *  refusal, or ::BH_UNKNOWN after timeout_ms.
 *  Order: events are sent in the order they were started; answers may come in another.
 *  @return ::BH_OK (done will be called once), ::BH_AGAIN (in_flight_max are in flight: bh_poll() first),
 *  ::BH_BAD_ARGUMENT (done is not called) */
int bh_publish_start(struct bh *bh, const struct bh_event *event, int timeout_ms, bh_done_fn *done, void *arg);

/** @brief Sends, receives and calls callbacks; waits up to timeout_ms until there is at least one to call.
 *  @return how many callbacks were called; 0 after the time or a signal */
int bh_poll(struct bh *bh, int timeout_ms);

/** @brief A descriptor that becomes readable when bh_poll(bh, 0) should be called. Edge-triggered: after each wake, and
 *  after each bh_publish_start(), call bh_poll(bh, 0) until it returns 0; and call it after bh_timeout_ms() at the
 *  latest. Do not read from it. */
int bh_fd(const struct bh *bh);

/** @brief Milliseconds until bh_poll() wants to be called even if nothing comes. */
int bh_timeout_ms(struct bh *bh);

/** @brief Requests started and not yet answered. */
uint32_t bh_in_flight(const struct bh *bh);

/** @brief Why there is no answer, in one sentence, for a message about ::BH_UNKNOWN. */
const char *bh_trouble(const struct bh *bh);

/** @brief A step of what you reported (see bh_notices()). Texts are valid during the call. */
struct bh_notice {
    uint64_t sequence; /**< Rises; what bh_acknowledge() takes. */
    int64_t at_ms;
    const char *incident; /**< "620802-000123-W", as in your receipts. */
    const char *step; /**< "accepted", "joined", "dispatched", "responded", "arrived", "fed_back", "reworked", "closed",
                               "merged", "cancelled", "rejected", "withdrawn", "reopened", "parked", "answered" */
    const char *outcome; /**< "resolved" …; "" where there is none. */
    const char *into;    /**< merged: the incident of which later notices are; else "". */
    const char *unit, *reason, *text;
    const char *const *events; /**< Your own ids of your reports of it. */
    size_t event_count;
    bool more; /**< There are further reports of yours. */
};

/** @brief Called for each notice, from inside bh_poll() or another call on the same handle. It may call
 *  bh_acknowledge_start(). */
typedef void bh_notice_fn(void *arg, const struct bh_notice *notice);

/** @brief From now on notices come, those first that you have not acknowledged; over lost connections and restarts of
 *  either side none is lost before you acknowledge it, and none comes again after. The broker's configuration must keep
 *  them for you (`notices: true`); when it does not, `refused` is called with the reason.
 *  @param refused may be NULL */
void bh_notices(struct bh *bh, bh_notice_fn *take, bh_done_fn *refused, void *arg);

/** @brief Says that everything up to `sequence` has been dealt with. `done` (may be NULL) is called from a later bh_poll().
 *  @return ::BH_OK, ::BH_AGAIN, ::BH_BAD_ARGUMENT (0) */
int bh_acknowledge_start(struct bh *bh, uint64_t sequence, int timeout_ms, bh_done_fn *done, void *arg);

/** @brief What bh_query_json() can ask. */
enum bh_query_kind {
    BH_STATUS = 0,   /**< The receipt of your event `event_id`, or of `incident`. */
    BH_LIST = 1,     /**< Incidents that match. */
    BH_SHOW = 2,     /**< One incident with its timeline. */
    BH_QUEUE = 3,    /**< A unit's queue. */
    BH_OVERVIEW = 4, /**< Counts. */
    BH_EXPLAIN = 5,  /**< Why an incident went where it went. */
    BH_WORKERS = 6   /**< Connected workers. */
};

/** @brief A question. Only the fields of its kind are read; a filter that is not set matches everything. */
struct bh_query {
    const char *event_id; /**< status */
    enum bh_query_kind kind;
    const char *incident; /**< status, show, explain: "620802-000123-W" */
    const char *cursor;   /**< list, show: from the last page; NULL: from the start. */
    uint32_t limit;       /**< Rows a page; 0: the broker's choice. */
    const char *state;    /**< list: "open", "closed", … */
    const char *unit, *type, *area, *source;
    bool overdue, live_only;
    int64_t at_ms; /**< explain: under the policy in force then; 0: now. */
};

/** @brief Asks, and waits for the answer as one line of JSON.
 *  @param[out] json the answer; free it with bh_free(). Its `cursor` is for the next page.
 *  @param[out] result may be NULL; the refusal is in it
 *  @return ::BH_OK, ::BH_REFUSED, ::BH_UNKNOWN (no answer in time; nothing was changed), ::BH_BAD_ARGUMENT, ::BH_AGAIN */
int bh_query_json(struct bh *bh, const struct bh_query *query, int timeout_ms, char **json, struct bh_result *result);

/** @brief Frees what bh_query_json() gave. NULL is nothing. */
void bh_free(void *memory);

/** @} */

/** @defgroup work Departments: taking tasks and speaking on them
 *
 *  A worker grants the broker *credit*: how many tasks it can hold at once. Each task it is given takes one, and gives
 *  it back when the task ends (feedback, return, give_back, or revoked); the library keeps count. Until BH_RESPOND is
 *  said, a task is only lent: if this worker falls silent it goes to a colleague. After it, the task is ours to finish.
 *  After a lost connection or a restart of the broker the library takes up where it was; tasks held are not handed out
 *  twice.
 *  @{ */

/** @brief A worker's connection. Opaque. */
struct bh_work;

struct bh_task;

/** @brief What is told of a task that we hold: 催办, 督办. */
struct bh_urge {
    uint32_t urges;        /**< How often its incident was urged so far. */
    int64_t supervised_ms; /**< 督办: due by then; 0: only urged. */
    const char *person;    /**< Who urges; "" when it is not told; so with the text. */
    const char *text;
};

/** @brief Called from bh_work_next() or bh_say() when a task that was handed out is urged or supervised. */
typedef void bh_urged_fn(void *arg, struct bh_task *task, const struct bh_urge *urge);

/** @brief Where, as whom, and how much. */
struct bh_work_options {
    struct bh_options connection;
    const char *unit;   /**< The unit to work for. Required. */
    const char *worker; /**< A name unique among yours, the same after a restart so that held tasks come back to it;
                             NULL: made from host name and process id. */
    uint32_t credit;    /**< Tasks held at once; 0: 1. */
    uint32_t tasks_max; /**< Tasks asked for in all; 0: no end. */
    bh_urged_fn *urged; /**< NULL: urges are not heard. */
    void *urged_arg;
};

/** @brief One task in our hands. Fields are read-only, `user` is yours. It is valid until the call of bh_work_next()
 *  that follows its end: after it was handed out with `revoked`, or after feedback, return or give_back got their
 *  receipt. */
struct bh_task {
    char incident[BH_INCIDENT_BYTES]; /**< "620802-000123-W" */
    uint32_t task;                    /**< The task's number within the incident. */
    uint32_t epoch;                   /**< Quoted in every word; the library does it. */
    bool resume;    /**< Somebody responded before, perhaps we ourselves before a restart: go on, do not start anew. */
    bool responded; /**< BH_RESPOND was said and acknowledged, or `resume`. */
    bool revoked;   /**< No longer ours: stop. `revoke_reason` says why. */
    const char *revoke_reason;
    const char *unit;
    const char *type;
    const char *area;
    const char *address; /**< "" when there is none; so with all texts here. */
    const char *text;
    int severity; /**< 1 gravest … 4 */
    bool panic, exercise;
    int64_t respond_due_ms, feedback_due_ms; /**< 0: no such clock. */
    const char *json;                        /**< The whole delivery as one line: incident, task, event, clocks. */
    void *user;
    const char *closing; /**< 结案条件: what must hold, and be said to hold, for the outcome "resolved"; "": nothing. */
};

/** @brief What can be said of a task. */
enum bh_verb {
    BH_RESPOND = 1,   /**< 签收: a person has taken it up. */
    BH_ARRIVE = 2,    /**< 到场 */
    BH_HANDLE = 3,    /**< 处置: work has begun. */
    BH_NOTE = 4,      /**< `text`, for the record. */
    BH_FEEDBACK = 5,  /**< 反馈: done, with `outcome`. Ends the task. */
    BH_RETURN = 6,    /**< 退回: not ours, with a reason code in `reason`. Ends the task. */
    BH_GIVE_BACK = 7, /**< Before responding: a colleague shall have it. Ends the task for us. */
    BH_ASK = 8,       /**< 申请: what `ask` says; somebody else decides. Until then nothing changes. */
    BH_TICK = 9,      /**< 清单: an item of the task's checklist is done: its number, from 1, in `item`. */
    BH_DELEGATE = 10, /**< 二级派遣: to a sub-unit of ours, in `unit`, for which we answer. Ends the task for us. */
    BH_INFORM = 11,   /**< 第一时间上报: how it stands, in `text`, for the centre above. */
    BH_ACCOUNT = 12,  /**< 说明原因: why a clock of the task went red: a code in `reason`, and `text`. */
    BH_REPORT_UP = 13, /**< 上报: we lead and cannot by ourselves; the next level takes it up. Ends the task for us. */
    BH_SEND_DOWN = 14, /**< 下派: it was reported up; a unit of a level below, in `unit`, has it. Ends it for us. */
    BH_CONTACT = 20    /**< 首次联系: whoever reported was spoken to; what was said in `text`. */
};

/** @brief A word on a task. `verb` is required, `outcome` with BH_FEEDBACK, `reason` with BH_RETURN
 *  BH_REPORT_UP and BH_ASK, `ask` and its time with BH_ASK, `unit` with BH_DELEGATE and BH_SEND_DOWN, `item` with BH_TICK,
 *  `text` with BH_INFORM, `reason` and `text` with BH_ACCOUNT. */
struct bh_word {
    const char *person; /**< Who says it: an opaque staff reference. */
    enum bh_verb verb;
    const char *outcome; /**< "resolved", "partly", "planned", "explained", "no_action", "not_found", "false_alarm",
                              "self_cleared", "referred", "withdrawn" */
    const char *reason;
    const char *text;
    int64_t unit_ms;     /**< When it happened, by your clock; 0: not told. */
    bool auto_respond;   /**< With BH_RESPOND: a program took it up, not a person. It is marked so for ever. */
    const char *request; /**< Id of this word, so that after ::BH_UNKNOWN the same can be said again safely; NULL: made
                              up by the library. */
    const char *ask;     /**< With BH_ASK: "extend" (more time), "park" (挂账), "suspend" (挂起). */
    int64_t span_ms;     /**< With "extend": so much more. */
    int64_t until_ms;    /**< With "park" and "suspend": to when. */
    const char *unit;    /**< With BH_DELEGATE and BH_SEND_DOWN: which. */
    bool condition_met;  /**< With BH_FEEDBACK: the task's `closing` condition holds. */
    bool last;           /**< With BH_INFORM: 终报, nothing more is due. Feedback of a lead waits for it. */
    const char *to;      /**< With the outcome "referred": the body it goes to. "planned" needs `until_ms`. */
    uint32_t item;       /**< With BH_TICK: which. */
};

/** @brief Opens a worker's connection and asks for tasks.
 *  @return ::BH_OK, ::BH_BAD_OPTION, ::BH_BAD_ARGUMENT (no unit) */
int bh_work_open(const struct bh_work_options *options, struct bh_work **out, char fault[BH_FAULT_BYTES]);

/** @brief Leaves: unresponded tasks go back at once, responded ones stay with this worker's name until it is back or the
 *  broker takes it for silent. All struct bh_task of it become invalid. NULL is nothing. */
void bh_work_close(struct bh_work *work);

/** @brief Waits for the next task, or for news of one: a task whose `revoked` is true was handed out before and is taken
 *  away. Callbacks of bh_say_start() are called meanwhile.
 *  @param timeout_ms 0: only looks; negative: waits for ever
 *  @return ::BH_OK; ::BH_AGAIN, none in that time; ::BH_INTERRUPTED; ::BH_REFUSED, the broker does not accept this
 *  worker (bh_work_refusal() says why; the library goes on trying, so calling again is right when the cause may be
 *  mended); ::BH_DRAINED, after bh_drain() when nothing is held any more */
int bh_work_next(struct bh_work *work, int timeout_ms, struct bh_task **task);

/** @brief Says a word and waits for the receipt: when it is here, the word is durable.
 *  @param[out] result may be NULL
 *  @return ::BH_OK, ::BH_REFUSED, ::BH_UNKNOWN, ::BH_BAD_ARGUMENT, ::BH_NO_TASK (it has ended or was revoked) */
int bh_say(struct bh_work *work, struct bh_task *task, const struct bh_word *word, int timeout_ms,
           struct bh_result *result);

/** @brief Starts saying a word; returns at once. `done` is called from a later bh_work_next() or bh_say(). Words on one
 *  task are heard in the order they were started, unless one is lost and sent again: to be sure, start the next when
 *  the one before is done.
 *  @return ::BH_OK, ::BH_AGAIN, ::BH_BAD_ARGUMENT, ::BH_NO_TASK */
int bh_say_start(struct bh_work *work, struct bh_task *task, const struct bh_word *word, int timeout_ms,
                 bh_done_fn *done, void *arg);

/** @brief Takes no new tasks. What is not responded goes back at once (each is handed out once more by bh_work_next(),
 *  with `revoked`); the rest is ours to finish. bh_work_next() then returns ::BH_DRAINED when nothing is held. */
void bh_drain(struct bh_work *work);

/** @brief As bh_fd(), for bh_work_next(work, 0, …). */
int bh_work_fd(const struct bh_work *work);

/** @brief As bh_timeout_ms(), for bh_work_next(work, 0, …). */
int bh_work_timeout_ms(struct bh_work *work);

/** @brief Tasks in our hands. */
uint32_t bh_work_held(const struct bh_work *work);

/** @brief The last time the broker did not accept this worker; code 0: never. Refused words are not among them. */
const struct bh_refusal *bh_work_refusal(const struct bh_work *work);

/** @brief The worker's name as the broker knows it. */
const char *bh_work_name(const struct bh_work *work);

/** @brief Whether the broker knows this worker now: it has welcomed it, and has not gone since. */
bool bh_work_connected(const struct bh_work *work);

/** @brief As bh_trouble(). */
const char *bh_work_trouble(const struct bh_work *work);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
