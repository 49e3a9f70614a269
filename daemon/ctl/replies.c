/*
 * What the daemon answered to the lines of an import. It exists apart from the pump because it
 * decides: which errors concern one line and which all of them. Invariant: the entry at the front
 * of the ring is the one that the next reply is for, and every refusal is told with its place.
 */
#include <string.h>

#include "ctl/import.h"
#include "ctl/out.h"
#include "ctl/show.h"

static void tell_refused_json(const struct pending *entry, const char *error, size_t error_len)
{
    struct buf out;
    buf_init(&out, 1u << 20);
    json_open(&out, '{');
    json_key_string(&out, "file", import_name(entry->file), strlen(import_name(entry->file)));
    json_key_int(&out, "line", (int64_t)entry->line);
    if (entry->element)
        json_key_int(&out, "element", (int64_t)entry->element);
    json_key(&out, "error");
    json_raw(&out, error, error_len);
    json_close(&out, '}');
    if (!out.error)
        out_json(out.data, out.len);
    buf_done(&out);
}

static void tell_refused(struct import *import, const struct pending *entry, const char *sentence)
{
    tally_clear(&import->tally);
    if (entry->element)
        out_complain("%s:%llu: element %llu: %s", import_name(entry->file), (unsigned long long)entry->line,
                     (unsigned long long)entry->element, sentence);
    else
        out_complain("%s:%llu: %s", import_name(entry->file), (unsigned long long)entry->line, sentence);
}

/* The entry at the front of the ring is dealt with. */
static void settle(struct import *import)
{
    const struct pending *entry = &import->ring[import->first];
    if (!import->halted) {
        import->tally.last_file = import_name(entry->file);
        import->tally.last_line = entry->line;
    }
    import->bytes_settled = entry->read;
    import->first = (import->first + 1) % IMPORT_WINDOW;
    import->count--;
}

/* Entries at the front that were refused here. */
void replies_settle_local(struct import *import)
{
    while (import->count && import->ring[import->first].reason) {
        const struct pending *entry = &import->ring[import->first];
        tell_refused(import, entry, entry->reason);
        if (import->ctl->json) {
            struct buf error;
            buf_init(&error, 4096);
            json_open(&error, '{');
            json_key_string(&error, "code", "not-sent", 8);
            json_key_string(&error, "message", entry->reason, strlen(entry->reason));
            json_close(&error, '}');
            tell_refused_json(entry, error.data, error.len);
            buf_done(&error);
        }
        import->tally.refused++;
        settle(import);
    }
}

/* Errors that the next line would meet as well. */
static int concerns_all(const char *code)
{
    static const char *const codes[] = {"disk-full", "io", "corrupt", "stopping", "busy", "denied"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (strcmp(code, codes[i]) == 0)
            return 1;
    }
    return 0;
}

static void take_error(struct import *import, struct json_object *error, const struct pending *entry)
{
    char text[1024];
    const char *code = show_string(error, "code"), *json;
    if (import->halted && concerns_all(code))
        return; /* said already */
    show_error(text, sizeof text, error);
    if (concerns_all(code)) {
        import->halted = ctl_exit_of(code);
        import->stopped = 1;
    } else {
        import->tally.refused++;
        import->tally.no_json += strcmp(code, "bad-json") == 0 || strcmp(code, "bad-utf8") == 0;
    }
    if (entry) {
        tell_refused(import, entry, text);
        json_object_object_del(error, "line"); /* of the connection: that of the file stands outside */
        json = import->ctl->json ? json_object_to_json_string_ext(error, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
        if (json)
            tell_refused_json(entry, json, strlen(json));
    } else {
        tally_clear(&import->tally);
        out_complain("%s", text);
    }
}

static void take_verdict(struct import *import, struct json_object *reply)
{
    struct ctl *ctl = import->ctl;
    import->tally.accepted++;
    tally_count(&import->tally.statuses, show_string(reply, "status"));
    tally_count(&import->tally.relations, show_string(reply, "relation"));
    if (!ctl_value(ctl, "verdicts"))
        return;
    tally_clear(&import->tally);
    if (ctl->json)
        out_json(ctl->line, ctl->line_len);
    else
        show_verdict_line(reply, ctl->colour);
}

/* One reply. 0, or -1 when what answers is no dupd. */
static int take_reply(struct import *import)
{
    struct json_object *reply = NULL;
    struct json_error wrong;
    struct ctl *ctl = import->ctl;
    struct pending *entry = import->count ? &import->ring[import->first] : NULL;
    if (json_parse_line(ctl->parser, ctl->line, ctl->line_len, &reply, &wrong) < 0) {
        tally_clear(&import->tally);
        out_complain("what answers at %s does not speak the protocol of dupd: %s", ctl->socket, wrong.message);
        return -1;
    }
    struct json_object *error = show_member(reply, "error");
    if (error)
        take_error(import, error, entry);
    else if (entry)
        take_verdict(import, reply);
    json_object_put(reply);
    if (entry)
        settle(import);
    replies_settle_local(import);
    return entry || import->halted ? 0 : -1;
}

void replies_receive(struct import *import)
{
    int r = conn_fill(&import->ctl->conn, 0);
    while (conn_line(&import->ctl->conn, &import->ctl->line, &import->ctl->line_len)) {
        if (take_reply(import) < 0)
            r = DUP_EIO;
    }
    if (r < 0)
        import->gone = 1;
}
