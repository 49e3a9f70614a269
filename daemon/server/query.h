/*
 * query.h - the operations that ask. Each runs in a worker with a snapshot:
 * 0, 1 for a stream with more to come, or DUP_E... with request->error set.
 */
#ifndef DUPD_QUERY_H
#define DUPD_QUERY_H

#include "server/server.h"

int query_article(struct server *server, struct view *view, struct request *request);
int query_cluster(struct server *server, struct view *view, struct request *request);
int query_clusters(struct server *server, struct view *view, struct request *request);
int query_export(struct server *server, struct view *view, struct request *request);
int query_top(struct server *server, struct view *view, struct request *request);
int query_outlets(struct server *server, struct view *view, struct request *request);
int query_agencies(struct server *server, struct view *view, struct request *request);
int query_owners(struct server *server, struct view *view, struct request *request);
int query_graph(struct server *server, struct view *view, struct request *request);
int query_carriers(struct server *server, struct view *view, struct request *request);
int query_stats(struct server *server, struct view *view, struct request *request);

/* Parameters. Absent and not required: the value stays as it was. DUP_EINVAL with error set. */
int query_string(struct request *request, const char *name, int required, struct str *ret);
int query_number(struct request *request, const char *name, int64_t min, int64_t max, int64_t *ret);
int query_flag(struct request *request, const char *name, int *ret);
int query_time(struct request *request, const char *name, int64_t *ret_ms);
/* The id of a cluster, "c17"; stays as it was when absent. */
int query_cluster_id(struct request *request, const char *name, uint32_t *ret_id);
int query_claim(struct request *request, int *ret); /* parameter `claim`: enum dup_claim */
/* Parameter `agency`, as agency_key of the name in the table that it is but for upper and lower case. */
int query_agency(struct request *request, const struct tables *tables, uint64_t *ret_key);
/* The current article that parameter `name` names. DUP_ENOENT, DUP_EINVAL with error set. */
int query_find(struct request *request, struct view *view, const char *name, struct article *ret);

#endif
