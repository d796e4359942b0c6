/* A loopback server that behaves in every way a server should not, and a client of it: what the
 * tests of downloads share. */
#ifndef TEST_HTTP_WORLD_H
#define TEST_HTTP_WORLD_H

#include "base/error.h"
#include "base/thread.h"
#include "http_server.h"
#include "io/http.h"
#include "io_test.h"

#define BODY_SIZE 300000

typedef struct world {
    imgvec_context *ctx;
    http_server *server;
    http_server *other; /* another port: another host */
    iv_http_client *client;
    iv_http_limits limits;
    char folder[64], path[96];
    char body[BODY_SIZE];
    int hits, ranges;
    char head[16384]; /* the last request */
} world;

extern world *w; /* of the running test */

/* Set-up and tear-down of each test. */
int http_world_open(void **state);
int http_world_close(void **state);

/* Of the server; in one of four static buffers. */
const char *url(const char *path);
/* Another client, after w->limits changed. */
void make_client(void);
/* Downloads into w->path. */
imgvec_status get(const char *path, iv_http_result *r, imgvec_error *err);
/* The file holds these bytes, and nothing unfinished lies beside it. */
void assert_file(const char *bytes, size_t size);

#define http_test(name) cmocka_unit_test_setup_teardown(name, http_world_open, http_world_close)

#endif
