/*
 * The pump of an import: files in, requests out, replies in, all at once and in bounded memory.
 *
 *   file --> source --> out buffer --> socket --> dupd
 *                          ring  <---- replies <---'
 *
 * It exists because waiting for each reply would cost a sync of the disk an article. Replies come in
 * the order of the lines, so the ring holds where each unanswered line stands, and nothing else.
 * Invariants: sent lines without a reply <= IMPORT_WINDOW; replies are read whenever there are any, so that
 * the daemon never waits for us while we wait for it; an entry leaves the ring in the order it came.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/files.h"
#include "ctl/import.h"
#include "ctl/out.h"

#define OUT_SOFT (256u << 10)  /* no more entries are added above it */
#define WAKE_MS 200

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* The first signal ends the import in order, the second one ends the program. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    action.sa_flags = (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

const char *import_name(const char *file)
{
    return strcmp(file, "-") == 0 ? "stdin" : file;
}

/* ---- files ---------------------------------------------------------------------- */

/* The size of all files, or 0 if one is a pipe or the like. */
static uint64_t total_size(const struct ctl *ctl)
{
    uint64_t total = 0;
    for (int i = 0; i < ctl->n_args; i++) {
        struct stat st;
        int r = strcmp(ctl->args[i], "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(ctl->args[i], &st);
        if (r == 0 && !S_ISREG(st.st_mode))
            return 0;
        total += r == 0 ? (uint64_t)st.st_size : 0;
    }
    return total;
}

static void file_failed(struct import *import, const char *file, const struct err *err)
{
    tally_clear(&import->tally);
    out_complain("%s %s", import_name(file), err->text);
    import->tally.files_failed++;
}

/* Makes the next file that opens the one under way. 0 when there is none. */
static int open_next(struct import *import)
{
    struct err err;
    while (import->next_file < import->ctl->n_args) {
        const char *file = import->ctl->args[import->next_file++];
        if (source_open(&import->source, file, &err) == 0) {
            import->file = file;
            return 1;
        }
        file_failed(import, file, &err);
    }
    return 0;
}

static void close_file(struct import *import)
{
    import->bytes_before += import->source.in.bytes;
    source_done(&import->source);
    import->file = NULL;
}

static void fill_file(struct import *import)
{
    struct err err;
    if (source_fill(&import->source, &err) < 0)
        file_failed(import, import->file, &err);
}

static void add_entry(struct import *import, const struct source_entry *entry, const char *reason)
{
    if (!reason && !line_is_article(import->ctl->parser, entry->data, entry->len))
        reason = "this is an operation, no article; import sends only articles";
    import->ring[(import->first + import->count++) % IMPORT_WINDOW] =
        (struct pending){import->file, entry->line, entry->element, import->bytes_before + import->source.in.bytes, reason};
    if (reason)
        return;
    buf_add(&import->out, entry->data, entry->len);
    buf_add_char(&import->out, '\n');
    import->tally.bytes += entry->len + 1;
    if (import->out.error) { /* part of a line must not go out: what is there goes, no more */
        tally_clear(&import->tally);
        out_complain("out of memory");
        import->halted = CTL_REFUSED;
        import->gone = 1;
    }
}

/* Takes entries from the files as far as the buffer, the window and what was read allow.
 * Returns the descriptor to wait for, or -1 when the files are not what it waits for. */
static int feed(struct import *import)
{
    struct source_entry entry;
    if (import->sent && import->out.len - import->sent < OUT_SOFT / 2) {
        buf_consume(&import->out, import->sent);
        import->sent = 0;
    }
    while (!import->stopped && !import->gone && import->count < IMPORT_WINDOW && import->out.len - import->sent < OUT_SOFT) {
        if (!import->file && !open_next(import))
            break;
        switch (source_next(&import->source, &entry)) {
        case SOURCE_ENTRY: add_entry(import, &entry, NULL); break;
        case SOURCE_WRONG: add_entry(import, &entry, entry.data); break;
        case SOURCE_END: close_file(import); break;
        case SOURCE_MORE:
            if (source_wants_input(&import->source))
                return import->source.in.fd;
            fill_file(import);
            break;
        }
    }
    return -1;
}

/* ---- the pump ----------------------------------------------------------------------- */

static void send_some(struct import *import)
{
    ssize_t n = conn_send_some(&import->ctl->conn, import->out.data + import->sent, import->out.len - import->sent);
    if (n < 0) {
        /* The daemon may have answered before it closed: reading goes on to the end. */
        import->stopped = 1;
        import->sent = import->out.len;
    } else {
        import->sent += (size_t)n;
    }
}

static void note_interrupt(struct import *import)
{
    if (!interrupted || import->tally.interrupted)
        return;
    import->tally.interrupted = 1;
    import->stopped = 1;
    tally_clear(&import->tally);
    out_complain("interrupted; waiting for the answers to what was sent (once more to leave at once)");
}

static int all_answered(const struct import *import)
{
    int no_more = import->stopped || (!import->file && import->next_file == import->ctl->n_args);
    return no_more && import->count == 0 && import->sent == import->out.len;
}

static void pump(struct import *import)
{
    while (!import->gone) {
        note_interrupt(import);
        int file = feed(import);
        replies_settle_local(import);
        if (all_answered(import) || import->gone)
            break;
        fflush(stdout);
        if (ferror(stdout))
            import->stopped = 1;
        struct pollfd fds[2] = {
            {.fd = import->ctl->conn.fd, .events = (short)(POLLIN | (import->sent < import->out.len ? POLLOUT : 0))},
            {.fd = file, .events = POLLIN},
        };
        if (poll(fds, 2, WAKE_MS) < 0 && errno != EINTR)
            import->gone = 1;
        if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
            replies_receive(import);
        if (fds[0].revents & POLLOUT)
            send_some(import);
        if (fds[1].revents && !import->stopped)
            fill_file(import);
        tally_draw(&import->tally, import->bytes_settled, import->total);
    }
    tally_clear(&import->tally);
}

static int finish(struct import *import)
{
    struct tally *tally = &import->tally;
    int complete = !import->stopped && !import->halted && all_answered(import);
    int lost = import->gone && !import->halted && !complete;
    if (lost && tally->last_file)
        out_complain("dupd at %s closed the connection; all up to %s:%llu was acknowledged, what follows may not be stored",
                     import->ctl->socket, tally->last_file, (unsigned long long)tally->last_line);
    else if (lost)
        out_complain("dupd at %s closed the connection; nothing was acknowledged", import->ctl->socket);
    if (import->ctl->json)
        tally_print_json(tally, complete);
    else
        tally_print(tally, complete);
    if (lost)
        return CTL_NO_DAEMON;
    if (import->halted)
        return import->halted;
    if (tally->interrupted)
        return CTL_INTERRUPTED;
    return tally->refused || tally->files_failed || !complete ? CTL_REFUSED : CTL_OK;
}

int verb_import(struct ctl *ctl)
{
    struct import import = {.ctl = ctl, .source = {.in = {.fd = -1}}};
    int code = ctl_connect(ctl);
    if (code)
        return code;
    import.ring = calloc(IMPORT_WINDOW, sizeof *import.ring);
    if (!import.ring) {
        out_complain("out of memory");
        return CTL_REFUSED;
    }
    buf_init(&import.out, OUT_SOFT + SOURCE_ENTRY_MAX + OUT_SOFT);
    import.total = total_size(ctl);
    tally_init(&import.tally, !ctl_value(ctl, "quiet") && isatty(STDERR_FILENO));
    catch_signals();
    pump(&import);
    code = finish(&import);
    if (import.file)
        source_done(&import.source);
    buf_done(&import.out);
    free(import.ring);
    return code;
}
