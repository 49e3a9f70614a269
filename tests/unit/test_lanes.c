/*
 * Goal: a batch takes from all connections in turn and within its limits, what is put back keeps its order,
 * and who does not send all the time is told from who does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/server.h"

enum { CONNECTIONS = 4, REQUESTS = 1200 };

struct queue {
    struct lanes lanes;
    struct connection connections[CONNECTIONS];
    struct request requests[REQUESTS];
    size_t used;
};

static int set_up(void **state)
{
    struct queue *q = calloc(1, sizeof *q);
    *state = q;
    return q ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* Connection c sends n requests of len bytes; they are numbered as they come. */
static void push(struct queue *q, int c, size_t n, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        struct request *request = &q->requests[q->used++];
        request->connection = &q->connections[c];
        request->line = q->used;
        request->len = len;
        lanes_add(&q->lanes, request);
    }
}

/* Takes a batch and says from which connections, as letters. */
static struct request *take(struct queue *q, char *ret)
{
    struct request *batch = lanes_take(&q->lanes);
    for (struct request *request = batch; request; request = request->queued)
        *ret++ = (char)('a' + (request->connection - q->connections));
    *ret = '\0';
    return batch;
}

static void test_in_turn(void **state)
{
    struct queue *q = *state;
    char from[REQUESTS + 1];
    assert_null(take(q, from));
    push(q, 0, 4, 1);
    push(q, 1, 1, 1);
    push(q, 2, 2, 1);
    struct request *batch = take(q, from);
    assert_string_equal(from, "abcaca" "a");
    uint64_t last[CONNECTIONS] = {0};
    for (; batch; batch = batch->queued) { /* those of one in the order of arrival */
        uint64_t *mine = &last[batch->connection - q->connections];
        assert_true(batch->line > *mine);
        *mine = batch->line;
    }
    assert_null(take(q, from));
}

static void test_limits(void **state)
{
    struct queue *q = *state;
    char from[REQUESTS + 1];
    push(q, 0, LIMIT_BATCH, 1);
    push(q, 1, 1, 1);
    take(q, from);
    assert_int_equal(strlen(from), LIMIT_BATCH);
    assert_memory_equal(from, "aba", 3);
    take(q, from);
    assert_string_equal(from, "a");
    push(q, 0, 3, LIMIT_BATCH_BYTES / 2);
    take(q, from);
    assert_string_equal(from, "aa");
    take(q, from);
    assert_string_equal(from, "a");
    push(q, 0, 2, LIMIT_BATCH_BYTES + 1); /* one always goes */
    take(q, from);
    assert_string_equal(from, "a");
}

static void test_put_back(void **state)
{
    struct queue *q = *state;
    char from[REQUESTS + 1];
    push(q, 0, 3, 1); /* 1 2 3 */
    push(q, 1, 2, 1); /* 4 5 */
    struct request *batch = take(q, from), *rest = batch->queued; /* 1, then 4 2 5 3 */
    batch->queued = NULL;
    push(q, 0, 1, 1); /* 6 came meanwhile, */
    push(q, 2, 1, 1); /* and 7 */
    lanes_put_back(&q->lanes, rest);
    uint64_t last = 0;
    size_t n = 0;
    for (batch = take(q, from); batch; batch = batch->queued, n++) {
        if (batch->connection != &q->connections[0])
            continue;
        assert_true(batch->line > last);
        last = batch->line;
    }
    assert_int_equal(n, 6);
    assert_int_equal(last, 6);
}

static void test_newcomers(void **state)
{
    struct queue *q = *state;
    char from[REQUESTS + 1];
    take(q, from); /* the first batch of all has none before it */
    for (int i = 0; i < 3; i++) { /* one that sends all the time is new once */
        push(q, 0, 5, 1);
        take(q, from);
        assert_int_equal(q->lanes.newcomer, i == 0);
        push(q, 0, 5, 1); /* while its batch runs */
        assert_int_equal(q->lanes.newcomer, i == 0);
    }
    push(q, 1, 1, 1); /* another waits for the end of the batch, */
    assert_int_equal(q->lanes.newcomer, 1);
    take(q, from); /* and is in the next */
    assert_string_equal(from, "abaaaa");
    assert_int_equal(q->lanes.newcomer, 1);
    push(q, 0, 1, 1);
    take(q, from);
    assert_int_equal(q->lanes.newcomer, 0);
    push(q, 1, 1, 1); /* it sends again when it has its answer: it was not in the batch that runs */
    assert_int_equal(q->lanes.newcomer, 1);
    push(q, 0, 1, 1);
    take(q, from);
    push(q, 0, 1, 1);
    push(q, 1, 1, 1);
    take(q, from); /* both were in the one before */
    assert_int_equal(q->lanes.newcomer, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_put_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_newcomers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
