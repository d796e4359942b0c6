/* The table of URLs, and reading what was fetched. */
#include "table/remote.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/sha256.h"
#include "table/remote_internal.h"

iv_digest iv_remote_key(const char *url)
{
    iv_sha256 h;
    char hex[IV_SHA256_HEX];
    iv_digest key;
    iv_sha256_begin(&h);
    iv_sha256_add(&h, url, strlen(url));
    iv_sha256_end(&h, hex);
    hex[32] = '\0';
    iv_digest_parse(hex, &key);
    return key;
}

static size_t first_slot(const iv_remote *r, const iv_digest *key)
{
    uint64_t bits;
    memcpy(&bits, key->bytes, sizeof bits);
    return (size_t)bits & (r->slot_count - 1);
}

iv_remote_entry *iv_remote_find(const iv_remote *r, const iv_digest *key)
{
    for (size_t i = r->slot_count ? first_slot(r, key) : 0; r->slot_count && r->slots[i];
         i = (i + 1) & (r->slot_count - 1))
        if (memcmp(r->entries[r->slots[i] - 1].key.bytes, key->bytes, sizeof key->bytes) == 0)
            return &r->entries[r->slots[i] - 1];
    return NULL;
}

static void put_slot(iv_remote *r, size_t index)
{
    size_t i = first_slot(r, &r->entries[index].key);
    while (r->slots[i])
        i = (i + 1) & (r->slot_count - 1);
    r->slots[i] = (uint32_t)index + 1;
}

static imgvec_status grow_slots(iv_remote *r, imgvec_error *err)
{
    size_t count = r->slot_count ? 2 * r->slot_count : 64;
    uint32_t *slots = iv_calloc(r->ctx, count, sizeof *slots);
    if (!slots)
        return iv_fail_nomem(err);
    iv_free(r->ctx, r->slots);
    r->slots = slots;
    r->slot_count = count;
    for (size_t i = 0; i < r->count; i++)
        put_slot(r, i);
    return IMGVEC_OK;
}

imgvec_status iv_remote_add(iv_remote *r, const iv_digest *key, iv_remote_entry **out,
                            imgvec_error *err)
{
    *out = iv_remote_find(r, key);
    if (*out)
        return IMGVEC_OK;
    if (r->count >= UINT32_MAX - 1 ||
        iv_reserve(r->ctx, &r->entries, &r->capacity, r->count + 1, sizeof *r->entries) != 0)
        return iv_fail_nomem(err);
    if (2 * (r->count + 1) > r->slot_count)
        IV_TRY(grow_slots(r, err));
    *out = &r->entries[r->count];
    **out = (iv_remote_entry){.key = *key};
    put_slot(r, r->count++);
    return IMGVEC_OK;
}

/* A reason that finds no memory is lost; the failure is not. */
void iv_remote_fail(iv_remote *r, iv_remote_entry *e, imgvec_status code, const char *reason)
{
    char *copy = iv_strdup(r->ctx, reason);
    iv_free(r->ctx, e->reason);
    e->reason = copy;
    e->code = code;
    e->state = IV_REMOTE_FAILED;
}

char *iv_remote_path(const iv_remote *r, const iv_digest *key)
{
    char hex[33];
    iv_digest_hex(key, hex);
    return iv_format(r->ctx, "%s/%.2s/%s", r->folder, hex, hex + 2);
}

imgvec_status iv_remote_new(imgvec_context *ctx, iv_remote **out, imgvec_error *err)
{
    iv_remote *r = iv_zalloc(ctx, sizeof *r);
    if (!r)
        return iv_fail_nomem(err);
    r->ctx = ctx;
    pthread_mutex_init(&r->lock, NULL);
    imgvec_status status = iv_remote_set(r, NULL, err);
    if (status != IMGVEC_OK)
        iv_remote_free(r);
    else
        *out = r;
    return status;
}

void iv_remote_free(iv_remote *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++)
        iv_free(r->ctx, r->entries[i].reason);
    iv_free(r->ctx, r->entries);
    iv_free(r->ctx, r->slots);
    iv_free(r->ctx, r->folder);
    iv_free(r->ctx, r->cache_dir);
    iv_free(r->ctx, r->ca_file);
    pthread_mutex_destroy(&r->lock);
    iv_free(r->ctx, r);
}

imgvec_status iv_remote_set(iv_remote *r, const imgvec_options *opts, imgvec_error *err)
{
    char *copy = iv_strdup(r->ctx, iv_option_text(opts, IMGVEC_OPT_CACHE_DIR));
    char *ca_file = iv_strdup(r->ctx, iv_option_text(opts, IMGVEC_OPT_CA_FILE));
    if (!copy || !ca_file) {
        iv_free(r->ctx, copy);
        iv_free(r->ctx, ca_file);
        return iv_fail_nomem(err);
    }
    iv_free(r->ctx, r->cache_dir);
    iv_free(r->ctx, r->ca_file);
    r->cache_dir = copy;
    r->ca_file = ca_file;
    r->limits = iv_http_defaults;
    r->limits.ca_file = ca_file;
    r->limits.total_seconds = (int32_t)iv_option_i64(opts, IMGVEC_OPT_DOWNLOAD_TIMEOUT);
    r->limits.retries = (int32_t)iv_option_i64(opts, IMGVEC_OPT_DOWNLOAD_RETRIES);
    r->limits.max_bytes = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_IMAGE_BYTES);
    r->limits.bytes_option = iv_option_name(IMGVEC_OPT_MAX_IMAGE_BYTES);
    r->limits.allow_private = iv_option_bool(opts, IMGVEC_OPT_ALLOW_PRIVATE);
    r->offline = iv_option_bool(opts, IMGVEC_OPT_OFFLINE);
    return IMGVEC_OK;
}

/* The one URL of a list. */
typedef struct one {
    imgvec_context *ctx;
    const char *url;
    bool given;
} one;

static void one_rewind(void *user)
{
    ((one *)user)->given = false;
}

static imgvec_status one_next(void *user, char **url, imgvec_error *err)
{
    one *o = user;
    *url = o->given ? NULL : iv_strdup(o->ctx, o->url);
    if (!o->given && !*url)
        return iv_fail_nomem(err);
    o->given = true;
    return IMGVEC_OK;
}

static imgvec_status fetch_one(iv_remote *r, const char *url, imgvec_error *err)
{
    iv_watch watch;
    one o = {.ctx = r->ctx, .url = url};
    const iv_url_list list = {&o, one_rewind, one_next};
    IV_TRY(iv_watch_init(&watch, NULL, err));
    return iv_remote_fetch(r, &list, &watch, err);
}

/* A copy of what is known of the URL. */
static imgvec_status look_up(iv_remote *r, const iv_digest *key, iv_remote_entry *out,
                             imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    pthread_mutex_lock(&r->lock);
    const iv_remote_entry *e = iv_remote_find(r, key);
    *out = e ? *e : (iv_remote_entry){.key = *key};
    if (out->state == IV_REMOTE_FAILED)
        status = iv_fail(err, out->code, "%s", e->reason ? e->reason : "it could not be fetched");
    pthread_mutex_unlock(&r->lock);
    return status;
}

/* Damage in the cache: the copy is thrown away, so that it is fetched again. */
static imgvec_status discard(iv_remote *r, const iv_digest *key, const char *path,
                             imgvec_error *err)
{
    unlink(path);
    pthread_mutex_lock(&r->lock);
    iv_remote_entry *e = iv_remote_find(r, key);
    if (e && e->state == IV_REMOTE_PRESENT)
        e->state = IV_REMOTE_UNKNOWN;
    pthread_mutex_unlock(&r->lock);
    return iv_fail(err, IMGVEC_ERR_FORMAT,
                   "its copy in the cache was damaged; it is fetched again next time");
}

static imgvec_status read_copy(iv_remote *r, const iv_remote_entry *e, uint64_t limit, void **data,
                               size_t *size, imgvec_error *err)
{
    char *bytes = NULL, *path = iv_remote_path(r, &e->key);
    if (!path)
        return iv_fail_nomem(err);
    imgvec_status status = iv_file_read(r->ctx, path, limit, &bytes, size, err);
    if (status == IMGVEC_ERR_LIMIT) {
        iv_fail(err, status, "%llu bytes, more than the limit of %llu",
                (unsigned long long)e->bytes, (unsigned long long)limit);
    } else if (status == IMGVEC_ERR_NOT_FOUND) {
        status = discard(r, &e->key, path, err);
    } else if (status == IMGVEC_OK) {
        iv_digest hash = iv_hash(bytes, *size);
        if (memcmp(hash.bytes, e->hash.bytes, sizeof hash.bytes) != 0)
            status = discard(r, &e->key, path, err);
    }
    iv_free(r->ctx, path);
    if (status == IMGVEC_OK)
        *data = bytes;
    else
        iv_free(r->ctx, bytes);
    return status;
}

imgvec_status iv_remote_read(iv_remote *r, const char *url, uint64_t limit, void **data,
                             size_t *size, imgvec_error *err)
{
    iv_digest key = iv_remote_key(url);
    iv_remote_entry e;
    IV_TRY(look_up(r, &key, &e, err));
    if (e.state != IV_REMOTE_PRESENT) {
        IV_TRY(fetch_one(r, url, err));
        IV_TRY(look_up(r, &key, &e, err));
    }
    if (e.state != IV_REMOTE_PRESENT)
        return iv_fail(err, IMGVEC_ERR_IO, "it could not be fetched");
    return read_copy(r, &e, limit, data, size, err);
}
