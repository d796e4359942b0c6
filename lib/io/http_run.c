/* Many transfers at once on one thread. They wait in a short line where their host has enough
 * to do, or where they wait for another attempt. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "io/http_internal.h"

#define LINE 256       /* transfers that are held ready while others run */
#define SILENT_HOST 16 /* downloads in a row without any answer */
#define POLL_MS 50     /* how long a cancellation may go unnoticed */

typedef struct run {
    iv_http_client *client;
    const iv_run_source *source;
    iv_watch *watch;
    iv_transfer *line, **line_end; /* waiting for their host or their time */
    iv_transfer *running;
    int line_length, active;
    bool exhausted;
    imgvec_status status;
    imgvec_error error;
} run;

static imgvec_status find_host(iv_http_client *client, iv_transfer *t)
{
    char *name = NULL, *url = NULL;
    IV_TRY(iv_url_parse(client->ctx, NULL, t->first_url, client->limits.https_only, &url, &name,
                        &t->error));
    iv_free(client->ctx, url);
    for (iv_http_host *h = client->hosts; h && !t->host; h = h->next)
        if (strcmp(h->name, name) == 0)
            t->host = h;
    if (t->host) {
        iv_free(client->ctx, name);
        return IMGVEC_OK;
    }
    iv_http_host *h = iv_zalloc(client->ctx, sizeof *h);
    if (!h) {
        iv_free(client->ctx, name);
        return iv_fail_nomem(&t->error);
    }
    h->name = name;
    h->next = client->hosts;
    client->hosts = t->host = h;
    return IMGVEC_OK;
}

static void join_line(run *r, iv_transfer *t)
{
    t->next = NULL;
    *r->line_end = t;
    r->line_end = &t->next;
    r->line_length++;
}

static void hand_back(run *r, iv_transfer *t)
{
    if (r->status == IMGVEC_OK)
        r->status = r->source->ended(r->source->user, t, &r->error);
    iv_transfer_free(t);
}

static void start(run *r, iv_transfer *t)
{
    if (t->status == IMGVEC_OK && t->host->silent >= SILENT_HOST) {
        t->result.passing = true;
        t->status =
            iv_fail(&t->error, IMGVEC_ERR_IO,
                    "not asked for: its host did not answer %d times in a row", t->host->silent);
    }
    if (t->status == IMGVEC_OK && iv_transfer_begin(t) == IMGVEC_OK &&
        curl_multi_add_handle(r->client->multi, t->easy) != CURLM_OK)
        t->status = iv_fail_nomem(&t->error);
    if (t->status != IMGVEC_OK) {
        hand_back(r, t);
        return;
    }
    t->host->active++;
    t->next = r->running;
    r->running = t;
    r->active++;
}

/* Starts what may start of the line: what is due and has a place at its host. */
static void serve_line(run *r)
{
    double now = iv_now();
    iv_transfer **link = &r->line;
    while (*link && r->active < IV_HTTP_PARALLEL && r->status == IMGVEC_OK) {
        iv_transfer *t = *link;
        if (t->retry_at > now || (t->host && t->host->active >= IV_HTTP_PER_HOST)) {
            link = &t->next;
            continue;
        }
        *link = t->next;
        if (!*link)
            r->line_end = link;
        r->line_length--;
        start(r, t);
    }
}

static void fill_line(run *r)
{
    while (!r->exhausted && r->line_length < LINE && r->status == IMGVEC_OK) {
        iv_transfer *t = NULL;
        r->status = r->source->take(r->source->user, &t, &r->error);
        if (!t) {
            r->exhausted = true;
            break;
        }
        t->status = find_host(r->client, t);
        join_line(r, t);
    }
}

static void leave(run *r, iv_transfer *t)
{
    iv_transfer **link = &r->running;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    curl_multi_remove_handle(r->client->multi, t->easy);
    t->host->active--;
    r->active--;
}

/* A request ended: the transfer goes on, waits, or is handed back. */
static void judge(run *r, iv_transfer *t, CURLcode code)
{
    leave(r, t);
    iv_next next = iv_transfer_end(t, code);
    if (next == IV_NEXT_AGAIN) {
        start(r, t);
    } else if (next == IV_NEXT_LATER) {
        join_line(r, t);
    } else {
        if (t->result.passing && t->result.http_status == 0)
            t->host->silent++;
        else
            t->host->silent = 0;
        hand_back(r, t);
    }
}

/* true when a request ended, so that there may be something to start at once. */
static bool collect(run *r)
{
    CURLMsg *message;
    bool any = false;
    int left;
    while ((message = curl_multi_info_read(r->client->multi, &left)) && r->status == IMGVEC_OK) {
        void *user = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* the message is gone with the handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
        judge(r, user, code);
        any = true;
    }
    return any;
}

static void stop(run *r)
{
    while (r->running) {
        iv_transfer *t = r->running;
        leave(r, t);
        iv_transfer_free(t);
    }
    while (r->line) {
        iv_transfer *t = r->line;
        r->line = t->next;
        iv_transfer_free(t);
    }
}

static void work(void *user, int index)
{
    run *r = user;
    while (r->status == IMGVEC_OK && !iv_watch_stopped(r->watch)) {
        int running;
        fill_line(r);
        serve_line(r);
        if (r->active == 0 && r->line_length == 0 && r->exhausted)
            break;
        curl_multi_perform(r->client->multi, &running);
        if (!collect(r) && r->status == IMGVEC_OK)
            curl_multi_poll(r->client->multi, NULL, 0, POLL_MS, NULL);
    }
    stop(r);
}

imgvec_status iv_run_transfers(iv_http_client *client, const iv_run_source *source, iv_watch *watch,
                               imgvec_error *err)
{
    iv_team *team;
    run r = {.client = client, .source = source, .watch = watch};
    r.line_end = &r.line;
    imgvec_status status = IMGVEC_OK;
    IV_TRY(iv_team_start(client->ctx, 1, work, &r, &team, err));
    while (!iv_team_wait(team, 0.05))
        if (status == IMGVEC_OK) /* once it is not, the other thread is on its way out */
            status = source->step(source->user, watch, err);
    iv_team_free(team);
    if (status == IMGVEC_OK && r.status != IMGVEC_OK) {
        status = r.status;
        if (err)
            *err = r.error;
    }
    return status == IMGVEC_OK ? iv_watch_check(watch, err) : status;
}

/* A feed of jobs as a source of transfers. */
typedef struct fed {
    iv_http_client *client;
    const iv_http_feed *feed;
    uint64_t before;
    atomic_uint_fast64_t done;
} fed;

static imgvec_status take(void *user, iv_transfer **out, imgvec_error *err)
{
    fed *f = user;
    iv_http_job job = {0};
    if (!f->feed->next(f->feed->user, &job))
        return IMGVEC_OK;
    return iv_transfer_new(f->client, &job, NULL, NULL, out, err);
}

static imgvec_status ended(void *user, iv_transfer *t, imgvec_error *err)
{
    fed *f = user;
    atomic_fetch_add(&f->done, 1);
    const iv_http_job job = {.url = t->first_url, .path = t->path};
    return f->feed->done(f->feed->user, &job, t->status, &t->result, &t->error, err);
}

static imgvec_status step(void *user, iv_watch *watch, imgvec_error *err)
{
    fed *f = user;
    return iv_watch_step(watch, f->before + atomic_load(&f->done), err);
}

imgvec_status iv_http_run(iv_http_client *client, const iv_http_feed *feed, iv_watch *watch,
                          uint64_t before, imgvec_error *err)
{
    fed f = {.client = client, .feed = feed, .before = before};
    iv_run_source source = {.user = &f, .take = take, .ended = ended, .step = step};
    return iv_run_transfers(client, &source, watch, err);
}
