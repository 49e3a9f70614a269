/* Logging. Invariant: a record is one line, whatever its text holds. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "server/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/escape.h"

static atomic_int max_level = LOG_LEVEL_INFO;
static int to_journal;

/* systemd says in JOURNAL_STREAM which device and inode its stderr is (systemd.exec(5)). */
void log_open(int level)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;
    log_set_level(level);
    to_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
                 fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_set_level(int level)
{
    atomic_store(&max_level, level);
}

void log_write(int level, const char *event, const char *format, ...)
{
    static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
    static const char *const names[] = {"error", "warning", "info", "debug"};
    if (level > atomic_load(&max_level))
        return;
    char text[1024], line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    escape_line(line, sizeof line, text, strlen(text));
    if (to_journal)
        sd_journal_send("MESSAGE=%s", line, "PRIORITY=%i", priorities[level], "DUPD_EVENT=%s", event, NULL);
    else
        fprintf(stderr, "dupd: %s: %s: %s\n", names[level], event, line);
}
