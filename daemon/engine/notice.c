/* Notices: the field that says it in so many words goes before the headline. */
#include "engine/notice.h"

#include <string.h>

#include "core/version_words.h"
#include "store/store.h"

static int is_canceled(struct json_object *object)
{
    static const char *const words[] = {"canceled", "cancelled", "stat:canceled", "withdrawn", "killed"};
    struct json_object *status = NULL;
    if (!json_object_object_get_ex(object, "pubstatus", &status) || !json_object_is_type(status, json_type_string))
        return 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(json_object_get_string(status), words[i]) == 0)
            return 1;
    return 0;
}

unsigned notice_find(struct json_object *object, const char *title, size_t len)
{
    int words = version_words_notice(title, len);
    if (is_canceled(object) || words == VERSION_WITHDRAWS)
        return ARTICLE_WITHDRAWN;
    return words == VERSION_CORRECTS ? ARTICLE_CORRECTED : 0;
}
