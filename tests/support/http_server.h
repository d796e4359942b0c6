/* A real HTTP server on loopback for tests: one thread for each connection, and a function of
 * the test that answers each request, well or badly. */
#ifndef TEST_HTTP_SERVER_H
#define TEST_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct http_exchange {
    int fd;
    char head[16384]; /* the request with its headers */
    char path[1024];  /* with the query */
    bool close;       /* set to end the connection after this answer */
    long long sent;   /* bytes of bodies */
} http_exchange;

typedef void (*http_answer_fn)(http_exchange *x, void *user);
typedef struct http_server http_server;

/* Listens on a free port of 127.0.0.1; NULL when that fails. */
http_server *http_server_start(http_answer_fn answer, void *user);
int http_server_port(const http_server *s);
long http_server_connections(const http_server *s); /* accepted so far */
bool http_server_stopping(const http_server *s);
void http_server_stop(http_server *s); /* ends every connection, joins every thread */

/* Value of a request header, "" for none; in a buffer of the calling thread. */
const char *http_header(const http_exchange *x, const char *name);
/* Raw bytes; false when the client is gone. */
bool http_send(http_exchange *x, const void *data, size_t size);
bool http_sendf(http_exchange *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A whole answer with Content-Length. headers: "" or lines that end in \r\n. */
void http_reply(http_exchange *x, int status, const char *headers, const void *body, size_t size);
/* 200, or 206 for "Range: bytes=N-" when If-Range is the etag; etag with its quotes. */
void http_reply_range(http_exchange *x, const char *etag, const void *body, size_t size);
/* Sleeps in small steps; false when the server is to stop or the client hung up. */
bool http_pause(const http_server *s, const http_exchange *x, double seconds);

#endif
