/*
 * limits.h - every ceiling of dupd in one place.
 *
 * Whatever a peer can grow has a named maximum here. Those marked (conf) are
 * defaults that dupd.conf(5) can change; the others are part of the protocol.
 */
#ifndef DUPD_LIMITS_H
#define DUPD_LIMITS_H

#define LIMIT_LINE        (4u << 20)   /* (conf) bytes of a request line, newline included */
#define LIMIT_BODY        (1u << 20)   /* (conf) bytes of an article's body */
#define LIMIT_ID          512u         /* bytes of an article's id */
#define LIMIT_URL         4096u        /* bytes of a URL */
#define LIMIT_TITLE       2048u        /* bytes of a title */
#define LIMIT_FIELD       1024u        /* bytes of any other short field */
#define LIMIT_DEPTH       32           /* JSON nesting */
#define LIMIT_LINE_VALUES 65536u       /* JSON values in one request line: a tree costs some 100 bytes for each, */
#define LIMIT_CONTAINER   16u          /* and as much as so many for an object or array, empty ones too */
#define LIMIT_QUERY_VALUES 4096u       /* JSON values in a request that is no article: its tree waits with it */
#define LIMIT_PARSING     4            /* jobs of one connection parsed at a time, each of one read or line */
#define LIMIT_CONNECTIONS 1024         /* (conf) open connections */
#define LIMIT_INFLIGHT    1024         /* (conf) requests under way on a connection */
#define LIMIT_INFLIGHT_ALL 4096        /* (conf) requests under way in all */
#define LIMIT_INFLIGHT_BYTES (64u << 20) /* bytes of request lines under way in all */
#define LIMIT_UNSENT_SLOW (256u << 10) /* reply bytes waiting: above, no more is read from the peer */
#define LIMIT_UNSENT      (4u << 20)   /* (conf) reply bytes waiting: above, the connection is closed */
#define LIMIT_HELD        (128u << 20) /* bytes of lines begun and of replies waiting, on all connections */
#define LIMIT_QUERYING    16           /* questions in the pool at a time, each with its answer */
#define LIMIT_STALL_S     30           /* (conf) seconds without progress of a waiting reply */
#define LIMIT_BATCH       512          /* articles in one commit */
#define LIMIT_BATCH_BYTES (16u << 20)  /* bytes of article text in one commit */
#define LIMIT_REPLY       (8u << 20)   /* bytes of one reply line */
#define LIMIT_PAGE        500          /* entries of one page of a listing */
#define LIMIT_PAGE_BYTES  (256u << 10) /* bytes produced in one turn of a stream */
#define LIMIT_SCAN        20000        /* clusters looked at for one page */
/* What one article can cost, whatever was written to make it dear: its values, times the stories kept for
 * one, are counted; so many candidates are compared, each in time linear in both texts. Texts made for
 * it cost up to 2.3 times an ordinary one of their length (tests/torture/attack asserts less than 10). */
#define LIMIT_POSTINGS    64           /* stories kept for one value; beyond it the value is common */
#define LIMIT_CANDIDATES  8            /* candidates from the index compared exactly for one article */
#define LIMIT_COMPARISONS 24           /* the same with the other heads of their clusters */
#define LIMIT_HEADS       8            /* heads of one cluster */
#define LIMIT_WORN        64           /* heads whose values become furniture with one article */
#define LIMIT_CHANGED     128          /* articles of which one that comes makes something else, and watchers hear */
#define LIMIT_REPORT_BYTES (256u << 20) /* what one report may count in memory */
#define LIMIT_LEDGER_BYTES (32u << 20) /* of what reports count, kept in memory beside the store */
#define LIMIT_REPORTS     2            /* reports under way at a time */
#define LIMIT_EVIDENCE    32           /* agencies that count for the source of one cluster */
#define LIMIT_VALUES      4096         /* winnowed values kept of one article */
#define LIMIT_PROBED      (64u << 10)  /* bytes of what a worker finds of them; with more the writer looks them up itself */

#endif
