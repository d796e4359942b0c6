/* What the files of the remote images share. */
#ifndef IV_TABLE_REMOTE_INTERNAL_H
#define IV_TABLE_REMOTE_INTERNAL_H

#include <pthread.h>

#include "table/manifest.h"
#include "table/remote.h"

typedef enum iv_remote_state {
    IV_REMOTE_UNKNOWN, /* the cache was not looked into */
    IV_REMOTE_MISSING, /* not in the cache, or not sound there */
    IV_REMOTE_PRESENT,
    IV_REMOTE_FAILED /* in this run */
} iv_remote_state;

typedef struct iv_remote_entry {
    iv_digest key; /* of the URL */
    iv_digest hash;
    uint64_t bytes;
    char *reason; /* of a failure: in this run, or the last that the manifest knows */
    int32_t code;
    uint8_t state;
    bool listed; /* the manifest has a good line */
    bool taken;  /* by the run that goes on */
} iv_remote_entry;

struct iv_remote {
    imgvec_context *ctx;
    iv_http_limits limits;
    char *cache_dir; /* as option cache_dir has it */
    char *ca_file;   /* what limits.ca_file points to */
    bool offline;
    pthread_mutex_t lock; /* guards what follows */
    char *folder;         /* NULL until it is needed */
    iv_remote_entry *entries;
    size_t count, capacity;
    uint32_t *slots; /* open addressing: index in entries + 1; 0: free */
    size_t slot_count;
};

/* With the lock held. */
iv_remote_entry *iv_remote_find(const iv_remote *r, const iv_digest *key);
imgvec_status iv_remote_add(iv_remote *r, const iv_digest *key, iv_remote_entry **out,
                            imgvec_error *err);
void iv_remote_fail(iv_remote *r, iv_remote_entry *e, imgvec_status code, const char *reason);

/* The first half of the URL's SHA-256: no table can be made whose URL takes another's place. */
iv_digest iv_remote_key(const char *url);
/* Path of the cached copy (NEW), NULL when out of memory. */
char *iv_remote_path(const iv_remote *r, const iv_digest *key);

#endif
