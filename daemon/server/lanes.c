/*
 * Lanes: what waits for the writer, a lane a connection, and a batch takes from
 * all in turn: what one sends, however much, is at most half of what another
 * waits for. Invariant: a connection stands in the list once while its lane
 * holds requests, and not otherwise. All under the writer's lock.
 */
#include "server/server.h"

/* Appends the connection to those that have something queued. */
static void append(struct lanes *lanes, struct connection *connection)
{
    connection->next_lane = NULL;
    *(lanes->last ? &lanes->last->next_lane : &lanes->first) = connection;
    lanes->last = connection;
}

void lanes_add(struct lanes *lanes, struct request *request)
{
    struct connection *connection = request->connection;
    request->queued = NULL;
    if (connection->lane) {
        connection->lane_last->queued = request;
    } else {
        connection->lane = request;
        append(lanes, connection);
    }
    connection->lane_last = request;
    if (connection->batch != lanes->batch)
        lanes->newcomer = 1;
}

struct request *lanes_take(struct lanes *lanes)
{
    struct request *batch = NULL, **end = &batch;
    size_t n = 0, bytes = 0;
    int newcomer = 0;
    lanes->batch++;
    for (struct connection *c; (c = lanes->first) && n < LIMIT_BATCH; n++) {
        struct request *request = c->lane;
        if (n && bytes + request->len > LIMIT_BATCH_BYTES)
            break;
        bytes += request->len;
        newcomer |= c->batch + 1 < lanes->batch;
        c->batch = lanes->batch;
        lanes->first = c->next_lane;
        if (!lanes->first)
            lanes->last = NULL;
        c->lane = request->queued;
        if (c->lane)
            append(lanes, c);
        *end = request;
        end = &request->queued;
        request->queued = NULL;
    }
    lanes->newcomer = newcomer;
    return batch;
}

void lanes_put_back(struct lanes *lanes, struct request *list)
{
    struct request *reversed = NULL, *next;
    for (; list; list = next) {
        next = list->queued;
        list->queued = reversed;
        reversed = list;
    }
    for (; reversed; reversed = next) {
        struct connection *connection = reversed->connection;
        next = reversed->queued;
        if (!connection->lane) {
            connection->lane_last = reversed;
            append(lanes, connection);
        }
        reversed->queued = connection->lane;
        connection->lane = reversed;
    }
}
