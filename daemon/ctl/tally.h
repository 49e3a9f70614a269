/*
 * tally.h - what an import has seen: counts, the last line that was answered, the progress bar.
 */
#ifndef DUPD_CTL_TALLY_H
#define DUPD_CTL_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define TALLY_WORDS 24   /* different words kept apart in one list */
#define TALLY_WORD 24    /* bytes of a word */

struct tally_list {
    char words[TALLY_WORDS][TALLY_WORD];
    uint64_t counts[TALLY_WORDS];
    size_t n;
};

struct tally {
    uint64_t begun_us;
    uint64_t accepted, refused;  /* answers, by what they were; refused also counts what was not sent */
    uint64_t no_json;            /* of those refused */
    uint64_t bytes;              /* of the lines that were sent */
    uint64_t files_failed;
    struct tally_list relations, statuses;
    const char *last_file;       /* the last line answered, with all before it; NULL for none */
    uint64_t last_line;
    int interrupted;
    /* the bar */
    int bar;                     /* whether one is wanted */
    int drawn;                   /* whether one stands on the terminal's last line */
    uint64_t drawn_us;
};

void tally_init(struct tally *tally, int bar);
void tally_count(struct tally_list *list, const char *word);

/* Draws the bar anew when it is time: done of total bytes of the files (total 0: unknown). */
void tally_draw(struct tally *tally, uint64_t done, uint64_t total);
/* Takes the bar away, before other lines are written. */
void tally_clear(struct tally *tally);

/* The summary on standard output, for people or as JSON. complete: every file went through. */
void tally_print(const struct tally *tally, int complete);
void tally_print_json(const struct tally *tally, int complete);

#endif
