#include "workers/runner.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "broker/base/panic.h"
#include "schemas/types.h"

/* Which text a verb's first argument is. */
enum argument { NONE, OUTCOME, REASON, UNIT, ITEM };

static const struct verb {
    enum bh_verb verb;
    const char *name;
    enum argument argument;
} verbs[] = {
    {BH_RESPOND, "respond", NONE},     {BH_ARRIVE, "arrive", NONE},        {BH_HANDLE, "handle", NONE},
    {BH_NOTE, "note", NONE},           {BH_FEEDBACK, "feedback", OUTCOME}, {BH_RETURN, "return", REASON},
    {BH_GIVE_BACK, "give_back", NONE}, {BH_DELEGATE, "delegate", UNIT},    {BH_TICK, "tick", ITEM},
    {BH_INFORM, "inform", NONE},       {BH_ACCOUNT, "account", REASON},    {BH_REPORT_UP, "report_up", REASON},
    {BH_SEND_DOWN, "send_down", UNIT}, {BH_CONTACT, "contact", NONE},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *verb_of(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

const char *verb_name(enum bh_verb verb)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (verbs[i].verb == verb)
            return verbs[i].name;
    return "";
}

/* --- a saying owns its texts --- */

#define TEXT_COUNT 6

static struct saying *saying_of(const struct bh_word *word)
{
    const char *from[] = {word->person, word->outcome, word->reason, word->text, word->unit, word->to};
    struct saying *saying = calloc(1, sizeof(*saying));
    ASSERT(saying);
    saying->word = *word;
    const char **to[] = {&saying->word.person, &saying->word.outcome, &saying->word.reason,
                         &saying->word.text,   &saying->word.unit,    &saying->word.to};
    size_t size = 1, used = 0;
    for (size_t i = 0; i < TEXT_COUNT; i++)
        size += from[i] ? strlen(from[i]) + 1 : 0;
    saying->texts = malloc(size);
    ASSERT(saying->texts);
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (!from[i])
            continue;
        size_t length = strlen(from[i]) + 1;
        *to[i] = memcpy(saying->texts + used, from[i], length);
        used += length;
    }
    return saying;
}

struct saying *saying_new(enum bh_verb verb, const char *text)
{
    return saying_of(&(struct bh_word){.verb = verb, .text = text});
}

void saying_free(struct saying *saying)
{
    if (!saying)
        return;
    free(saying->texts);
    free(saying);
}

/* --- a line of plain words --- */

/* The word at *rest, ended by a NUL; *rest goes on to the next one. "" at the end. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    char *end = word + strcspn(word, " \t");
    *rest = end;
    if (*end) {
        *end = '\0';
        *rest = end + 1 + strspn(end + 1, " \t");
    }
    return word;
}

bool text_is_utf8(const char *text)
{
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

/* The sentence is valid until the next call. */
static const char *no_outcome(const char *outcome)
{
    static char sentence[512];
    char names[256] = "";
    for (int code = 1; code < OUTCOME_END; code++) {
        size_t used = strlen(names);
        const char *name = outcome_name((enum outcome_code)code);
        if (name)
            snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "", name);
    }
    snprintf(sentence, sizeof(sentence), _("no outcome \"%.64s\": one of %s"), outcome, names);
    return sentence;
}

static const char *check(const struct bh_word *word)
{
    if (word->verb == BH_FEEDBACK && !word->outcome)
        return _("feedback needs an outcome");
    if (word->outcome && !outcome_of(word->outcome))
        return no_outcome(word->outcome);
    if (word->verb == BH_RETURN && !word->reason)
        return _("return needs a reason");
    if (word->verb == BH_TICK && !word->item)
        return _("tick needs the number of an item");
    if (word->verb == BH_DELEGATE && !word->unit)
        return _("delegate needs a unit");
    if (word->verb == BH_REPORT_UP && !word->reason)
        return _("report_up needs a reason");
    if (word->verb == BH_SEND_DOWN && !word->unit)
        return _("send_down needs a unit");
    if (word->verb == BH_INFORM && !word->text)
        return _("inform needs a text");
    if (word->verb == BH_ACCOUNT && !(word->reason && word->text))
        return _("account needs a reason and a text");
    if (word->verb == BH_NOTE && !word->text)
        return _("note needs a text");
    if (word->verb == BH_CONTACT && !word->text)
        return _("contact needs a text");
    return NULL;
}

static void set_argument(struct bh_word *word, enum argument which, const char *argument)
{
    const char **const texts[] = {[OUTCOME] = &word->outcome, [REASON] = &word->reason, [UNIT] = &word->unit};
    if (which == ITEM)
        word->item = (uint32_t)strtoul(argument, NULL, 10);
    else if (*argument)
        *texts[which] = argument;
}

static struct saying *parse_plain(char *line, const char **fault)
{
    struct bh_word word = {0};
    const struct verb *verb = verb_of(next_word(&line));
    if (!verb) {
        *fault = _("no such word");
        return NULL;
    }
    word.verb = verb->verb;
    if (verb->argument != NONE)
        set_argument(&word, verb->argument, next_word(&line));
    if (*line)
        word.text = line;
    *fault = check(&word);
    return *fault ? NULL : saying_of(&word);
}

/* --- a line of JSON --- */

static const char *read_member(const char *key, json_t *value, struct bh_word *word)
{
    const struct {
        const char *key;
        const char **to;
    } texts[] = {{"outcome", &word->outcome},
                 {"reason", &word->reason},
                 {"text", &word->text},
                 {"person", &word->person},
                 {"unit", &word->unit}};
    const char *text = json_string_value(value);
    if (strcmp(key, "unit_ms") == 0 && json_is_integer(value)) {
        word->unit_ms = json_integer_value(value);
        return NULL;
    }
    if (strcmp(key, "item") == 0 && json_is_integer(value) && json_integer_value(value) > 0) {
        word->item = (uint32_t)json_integer_value(value);
        return NULL;
    }
    if (strcmp(key, "last") == 0 && json_is_boolean(value)) {
        word->last = json_is_true(value);
        return NULL;
    }
    if (strcmp(key, "condition_met") == 0 && json_is_boolean(value)) {
        word->condition_met = json_is_true(value);
        return NULL;
    }
    if (strcmp(key, "say") == 0) {
        const struct verb *verb = verb_of(text ? text : "");
        word->verb = verb ? verb->verb : 0;
        return verb ? NULL : _("no such word");
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(key, texts[i].key) == 0) {
            *texts[i].to = text && *text ? text : NULL;
            return text ? NULL : _("a member that is not text");
        }
    return _("an unknown member");
}

static struct saying *parse_json(const char *line, const char **fault)
{
    struct bh_word word = {0};
    struct saying *saying = NULL;
    const char *key;
    json_t *value;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    *fault = json_is_object(object) ? NULL : _("not a JSON object");
    if (!*fault) {
        json_object_foreach(object, key, value)
        {
            const char *bad = read_member(key, value, &word);
            if (bad)
                *fault = bad;
        }
    }
    if (!*fault)
        *fault = word.verb ? check(&word) : _("nothing is said: no member \"say\"");
    if (!*fault)
        saying = saying_of(&word);
    json_decref(object);
    return saying;
}

struct saying *saying_parse(const char *line, const char **fault)
{
    *fault = _("not UTF-8");
    if (!text_is_utf8(line))
        return NULL;
    line += strspn(line, " \t");
    if (*line == '{')
        return parse_json(line, fault);
    char *copy = strdup(line);
    ASSERT(copy);
    struct saying *saying = parse_plain(copy, fault);
    free(copy);
    return saying;
}
