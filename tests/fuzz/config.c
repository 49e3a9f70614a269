/*
 * The three files that an operator writes: dupd.conf, agencies.conf, outlets.conf. What holds: a
 * file is taken, or refused with a sentence; what is taken can be asked for.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/outlets.h"
#include "dup/credit.h"
#include "dup/error.h"
#include "fuzz.h"
#include "server/config.h"

static void check_options(const uint8_t *data, size_t size)
{
    static struct config config;
    struct err err = {0};
    char path[40];
    int fd = memfd_create("dupd.conf", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    config_defaults(&config);
    int r = config_read(&config, path, &err);
    CHECK(r == 0 || (err.code == r && err.text[0]));
    if (r == 0)
        CHECK(config.connections >= 1 && config.line >= 4096 && config.socket[0] && strlen(config.socket) < 107);
    close(fd);
}

static void check_tables(const char *text, size_t size)
{
    struct dup_agencies *agencies = NULL;
    struct outlets *outlets = NULL;
    char message[256] = "", room[HOSTS_MAX + 1];
    int r = dup_agencies_parse(text, size, message, sizeof message, &agencies);
    CHECK(r == 0 || (r == DUP_EINVAL && message[0]));
    if (r == 0)
        CHECK(dup_agency_name(agencies, 0) && !dup_agency_name(agencies, (uint32_t)dup_agencies_count(agencies) + 1));
    message[0] = '\0';
    int s = outlets_parse(text, size, agencies, message, sizeof message, &outlets);
    CHECK(s == 0 || (s == DUP_EINVAL && message[0]));
    if (s == 0) {
        struct outlet outlet, found;
        size_t at = 0, n = 0;
        while (outlets_next(outlets, &at, &outlet)) {
            outlets_find(outlets, outlet.name, outlet.len, NULL, 0, room, &found);
            CHECK(found.len <= 4096);
            n++;
        }
        CHECK(n == outlets_count(outlets));
        outlets_find(outlets, text, size < 200 ? size : 200, text, size < 40 ? size : 40, room, &found);
    }
    outlets_free(outlets);
    dup_agencies_free(agencies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_options(data, size);
    check_tables((const char *)data, size);
    return 0;
}
