#include "http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct http_server {
    http_answer_fn answer;
    void *user;
    int fd, port;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    int live; /* connections */
    atomic_long accepted;
    atomic_bool stopping;
};

typedef struct connection {
    http_server *server;
    int fd;
} connection;

bool http_send(http_exchange *x, const void *data, size_t size)
{
    const char *p = data;
    while (size > 0) {
        ssize_t n = send(x->fd, p, size, MSG_NOSIGNAL);
        if (n <= 0) {
            x->close = true;
            return false;
        }
        p += n;
        size -= (size_t)n;
    }
    return true;
}

bool http_sendf(http_exchange *x, const char *fmt, ...)
{
    char text[8192];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return http_send(x, text, (size_t)n);
}

const char *http_header(const http_exchange *x, const char *name)
{
    static _Thread_local char value[4096];
    size_t length = strlen(name);
    value[0] = '\0';
    for (const char *line = strstr(x->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *from = line + length + 1 + strspn(line + length + 1, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r\n"), from);
            break;
        }
    }
    return value;
}

void http_reply(http_exchange *x, int status, const char *headers, const void *body, size_t size)
{
    if (http_sendf(x, "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n%s\r\n", status, size,
                   headers) &&
        http_send(x, body, size))
        x->sent += (long long)size;
}

void http_reply_range(http_exchange *x, const char *etag, const void *body, size_t size)
{
    char headers[512];
    unsigned long long from = 0;
    bool part = sscanf(http_header(x, "Range"), "bytes=%llu-", &from) == 1 &&
                strcmp(http_header(x, "If-Range"), etag) == 0;
    if (!part) {
        snprintf(headers, sizeof headers, "ETag: %s\r\n", etag);
        http_reply(x, 200, headers, body, size);
    } else if (from >= size) {
        snprintf(headers, sizeof headers, "Content-Range: bytes */%zu\r\n", size);
        http_reply(x, 416, headers, "", 0);
    } else {
        snprintf(headers, sizeof headers, "ETag: %s\r\nContent-Range: bytes %llu-%zu/%zu\r\n", etag,
                 from, size - 1, size);
        http_reply(x, 206, headers, (const char *)body + from, size - (size_t)from);
    }
}

bool http_pause(const http_server *s, const http_exchange *x, double seconds)
{
    struct timespec until, now;
    clock_gettime(CLOCK_MONOTONIC, &until);
    for (;;) {
        struct pollfd p = {.fd = x->fd, .events = POLLRDHUP};
        clock_gettime(CLOCK_MONOTONIC, &now);
        double left = seconds - (double)(now.tv_sec - until.tv_sec) -
                      1e-9 * (double)(now.tv_nsec - until.tv_nsec);
        if (left <= 0)
            return true;
        if (atomic_load(&s->stopping))
            return false;
        if (poll(&p, 1, left < 0.02 ? (int)(left * 1000) + 1 : 20) > 0)
            return false;
    }
}

/* One request into x->head; false when the connection ends. */
static bool receive(http_exchange *x, const http_server *s)
{
    size_t have = 0;
    x->head[0] = '\0';
    while (!strstr(x->head, "\r\n\r\n")) {
        struct pollfd p = {.fd = x->fd, .events = POLLIN};
        if (atomic_load(&s->stopping))
            return false;
        if (poll(&p, 1, 20) == 0)
            continue;
        ssize_t n = recv(x->fd, x->head + have, sizeof x->head - 1 - have, 0);
        if (n <= 0)
            return false;
        have += (size_t)n;
        x->head[have] = '\0';
    }
    return sscanf(x->head, "%*15s %1023s", x->path) == 1;
}

static void *serve(void *user)
{
    connection *c = user;
    http_server *s = c->server;
    http_exchange *x = calloc(1, sizeof *x);
    x->fd = c->fd;
    while (!x->close && receive(x, s))
        s->answer(x, s->user);
    close(x->fd);
    free(x);
    free(c);
    pthread_mutex_lock(&s->lock);
    s->live--;
    pthread_cond_signal(&s->idle);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void *accept_all(void *user)
{
    http_server *s = user;
    while (!atomic_load(&s->stopping)) {
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        pthread_t thread;
        int one = 1;
        if (poll(&p, 1, 20) <= 0)
            continue;
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        atomic_fetch_add(&s->accepted, 1);
        connection *c = malloc(sizeof *c);
        *c = (connection){s, fd};
        pthread_mutex_lock(&s->lock);
        s->live++;
        pthread_mutex_unlock(&s->lock);
        if (pthread_create(&thread, NULL, serve, c) != 0)
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

http_server *http_server_start(http_answer_fn answer, void *user)
{
    http_server *s = calloc(1, sizeof *s);
    struct sockaddr_in where = {.sin_family = AF_INET};
    socklen_t size = sizeof where;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->answer = answer;
    s->user = user;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->idle, NULL);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&where, sizeof where) != 0 ||
        listen(s->fd, 128) != 0 || getsockname(s->fd, (struct sockaddr *)&where, &size) != 0 ||
        pthread_create(&s->acceptor, NULL, accept_all, s) != 0) {
        free(s);
        return NULL;
    }
    s->port = ntohs(where.sin_port);
    return s;
}

int http_server_port(const http_server *s)
{
    return s->port;
}

long http_server_connections(const http_server *s)
{
    return atomic_load(&s->accepted);
}

bool http_server_stopping(const http_server *s)
{
    return atomic_load(&s->stopping);
}

void http_server_stop(http_server *s)
{
    atomic_store(&s->stopping, true);
    pthread_join(s->acceptor, NULL);
    pthread_mutex_lock(&s->lock);
    while (s->live > 0)
        pthread_cond_wait(&s->idle, &s->lock);
    pthread_mutex_unlock(&s->lock);
    close(s->fd);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->idle);
    free(s);
}
