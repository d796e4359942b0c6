/* The audit of an archive's directory, before any member is used. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/order.h"
#include "io/zip_format.h"
#include "io/zip_internal.h"
#include "io/zip_name.h"

#define RATIO_ABOVE (UINT64_C(16) << 20)
#define COMMENT_MAX 65535u
#define DIRECTORY_MAX (UINT64_C(1) << 30) /* read at once */
#define DEFLATE_MAX 1032                  /* no DEFLATE stream grows more than this */

/* Where the central directory is. */
typedef struct directory {
    uint64_t offset, size, count;
    uint64_t end;   /* of everything that members may occupy */
    uint64_t range; /* the count is told modulo this; 0: as it is */
} directory;

typedef struct audit {
    iv_zip *zip;
    const iv_zip_limits *limits;
    imgvec_error *err;
    uint64_t total;
} audit;

static imgvec_status damaged(audit *a, const char *what)
{
    return iv_fail(a->err, IMGVEC_ERR_FORMAT, "%s", what);
}

/* The zip64 end record, where the classic one says it is needed or a locator stands before it. */
static imgvec_status read_zip64(audit *a, uint64_t end_at, bool needed, directory *d)
{
    const iv_source *s = &a->zip->source;
    unsigned char locator[ZIP64_LOCATOR_SIZE], record[ZIP64_END_SIZE];
    if (end_at < ZIP64_LOCATOR_SIZE)
        return needed ? damaged(a, "no zip64 end record") : IMGVEC_OK;
    IV_TRY(iv_source_read(s, end_at - ZIP64_LOCATOR_SIZE, locator, sizeof locator, a->err));
    if (zip_u32(locator) != ZIP64_LOCATOR_SIGNATURE)
        return needed ? damaged(a, "no zip64 end record") : IMGVEC_OK;
    uint64_t at = zip_u64(locator + 8);
    if (zip_u32(locator + 4) != 0 || zip_u32(locator + 16) > 1)
        return damaged(a, "an archive in several parts");
    if (at > end_at - ZIP64_LOCATOR_SIZE || end_at - ZIP64_LOCATOR_SIZE - at < ZIP64_END_SIZE)
        return damaged(a, "the zip64 end record is out of place");
    IV_TRY(iv_source_read(s, at, record, sizeof record, a->err));
    if (zip_u32(record) != ZIP64_END_SIGNATURE ||
        zip_u64(record + 4) != end_at - ZIP64_LOCATOR_SIZE - at - 12)
        return damaged(a, "the zip64 end record is damaged");
    if (zip_u32(record + 16) != 0 || zip_u32(record + 20) != 0 ||
        zip_u64(record + 24) != zip_u64(record + 32))
        return damaged(a, "an archive in several parts");
    d->count = zip_u64(record + 32);
    d->size = zip_u64(record + 40);
    d->offset = zip_u64(record + 48);
    d->end = at;
    d->range = 0;
    return IMGVEC_OK;
}

/* The end record: the last one whose comment reaches exactly to the end of the file. */
static imgvec_status find_end(audit *a, directory *d)
{
    const iv_source *s = &a->zip->source;
    size_t tail = s->size < ZIP_END_SIZE + COMMENT_MAX ? (size_t)s->size
                                                       : (size_t)(ZIP_END_SIZE + COMMENT_MAX);
    unsigned char *bytes = iv_alloc(a->zip->ctx, tail);
    if (!bytes)
        return iv_fail_nomem(a->err);
    imgvec_status status = iv_source_read(s, s->size - tail, bytes, tail, a->err);
    const unsigned char *p = NULL;
    for (size_t i = tail < ZIP_END_SIZE ? 0 : tail - ZIP_END_SIZE + 1;
         status == IMGVEC_OK && !p && i-- > 0;)
        if (zip_u32(bytes + i) == ZIP_END_SIGNATURE &&
            zip_u16(bytes + i + 20) == tail - i - ZIP_END_SIZE)
            p = bytes + i;
    if (status == IMGVEC_OK && !p) {
        char head[4] = {0};
        status = iv_source_read(s, 0, head, s->size < 4 ? (size_t)s->size : 4, a->err);
        if (status == IMGVEC_OK)
            status = damaged(a, iv_zip_looks(head, sizeof head)
                                    ? "the archive is cut short: its end record is missing"
                                    : "not a zip archive");
    }
    if (status == IMGVEC_OK) {
        uint64_t end_at = s->size - tail + (uint64_t)(p - bytes);
        *d = (directory){zip_u32(p + 16), zip_u32(p + 12), zip_u16(p + 10), end_at, 65536};
        bool needed = d->offset == UINT32_MAX || d->size == UINT32_MAX || d->count == UINT16_MAX;
        if (zip_u16(p + 4) != 0 || zip_u16(p + 6) != 0 || zip_u16(p + 8) != zip_u16(p + 10))
            status = damaged(a, "an archive in several parts");
        else
            status = read_zip64(a, end_at, needed && d->count != UINT16_MAX, d);
    }
    iv_free(a->zip->ctx, bytes);
    return status;
}

/* Replaces the fields that say "see zip64" by those of the extra field. */
static imgvec_status zip64_fields(audit *a, const unsigned char *extra, size_t size,
                                  uint64_t *unpacked, uint64_t *packed, uint64_t *offset)
{
    uint64_t *wanted[3] = {unpacked, packed, offset};
    while (size >= 4) {
        uint32_t id = zip_u16(extra), n = zip_u16(extra + 2);
        if (n > size - 4)
            return damaged(a, "an extra field is damaged");
        if (id == ZIP64_EXTRA) {
            const unsigned char *p = extra + 4, *end = p + n;
            for (int i = 0; i < 3; i++) {
                if (!wanted[i] || *wanted[i] != UINT32_MAX)
                    continue;
                if (end - p < 8)
                    return damaged(a, "a zip64 field is damaged");
                *wanted[i] = zip_u64(p);
                p += 8;
            }
            return IMGVEC_OK;
        }
        extra += 4 + n;
        size -= 4 + n;
    }
    return IMGVEC_OK;
}

/* The local header must tell the same story as the directory. Sets the data's offset. */
static imgvec_status check_local(audit *a, iv_zip_entry *e, uint64_t offset, uint16_t flags,
                                 const unsigned char *raw_name, size_t name_size, uint64_t end)
{
    const iv_source *s = &a->zip->source;
    unsigned char h[ZIP_LOCAL_SIZE];
    if (offset > end || end - offset < ZIP_LOCAL_SIZE)
        return damaged(a, "its local header is out of place");
    IV_TRY(iv_source_read(s, offset, h, sizeof h, a->err));
    size_t local_name = zip_u16(h + 26), extra_size = zip_u16(h + 28);
    if (zip_u32(h) != ZIP_LOCAL_SIGNATURE || local_name != name_size ||
        zip_u16(h + 8) != e->method || ((zip_u16(h + 6) ^ flags) & ~ZIP_FLAG_DESCRIPTOR & 0x0841))
        return damaged(a, "its local header differs from the directory");
    uint64_t data = offset + ZIP_LOCAL_SIZE + local_name + extra_size;
    if (data > end || e->packed_size > end - data)
        return damaged(a, "its data runs past the end");
    unsigned char *rest = iv_alloc(a->zip->ctx, local_name + extra_size);
    if (!rest)
        return iv_fail_nomem(a->err);
    imgvec_status status =
        iv_source_read(s, offset + ZIP_LOCAL_SIZE, rest, local_name + extra_size, a->err);
    if (status == IMGVEC_OK && memcmp(rest, raw_name, name_size) != 0)
        status = damaged(a, "its local header has another name");
    uint64_t unpacked = zip_u32(h + 22), packed = zip_u32(h + 18);
    if (status == IMGVEC_OK)
        status = zip64_fields(a, rest + local_name, extra_size, &unpacked, &packed, NULL);
    iv_free(a->zip->ctx, rest);
    IV_TRY(status);
    bool later = zip_u16(h + 6) & ZIP_FLAG_DESCRIPTOR;
    bool same = unpacked == e->size && packed == e->packed_size && zip_u32(h + 14) == e->crc;
    /* With a descriptor behind the data, a field is right or still zero. */
    bool open = (unpacked == 0 || unpacked == e->size) &&
                (packed == 0 || packed == e->packed_size) &&
                (zip_u32(h + 14) == 0 || zip_u32(h + 14) == e->crc);
    if (!same && !(later && open))
        return damaged(a, "its local header has other sizes or another checksum");
    e->data_offset = data;
    return IMGVEC_OK;
}

static imgvec_status check_limits(audit *a, const iv_zip_entry *e)
{
    const iv_zip_limits *l = a->limits;
    a->total += e->size;
    if (a->total < e->size || (l->total_bytes && a->total > l->total_bytes))
        return iv_fail(a->err, IMGVEC_ERR_LIMIT,
                       "more than %llu bytes when unpacked (option max_archive_bytes)",
                       (unsigned long long)l->total_bytes);
    if (l->member_bytes && e->size > l->member_bytes)
        return iv_fail(a->err, IMGVEC_ERR_LIMIT,
                       "%llu bytes when unpacked, more than %llu (option max_member_bytes)",
                       (unsigned long long)e->size, (unsigned long long)l->member_bytes);
    if (l->ratio > 0 && e->size > RATIO_ABOVE &&
        (double)e->size > l->ratio * (double)e->packed_size)
        return iv_fail(a->err, IMGVEC_ERR_LIMIT,
                       "packed more than %g to 1 (option max_archive_ratio)", l->ratio);
    return IMGVEC_OK;
}

/* One record of the directory; *size is what it takes. The entry's name is set first, so that
 * whatever is wrong with it can be told by name. */
static imgvec_status read_entry(audit *a, const unsigned char *p, uint64_t left, uint64_t end,
                                iv_zip_entry *e, uint64_t *size)
{
    if (left < ZIP_CENTRAL_SIZE || zip_u32(p) != ZIP_CENTRAL_SIGNATURE)
        return damaged(a, "the directory is damaged");
    size_t name_size = zip_u16(p + 28), extra_size = zip_u16(p + 30);
    *size = ZIP_CENTRAL_SIZE + (uint64_t)name_size + extra_size + zip_u16(p + 32);
    if (*size > left)
        return damaged(a, "the directory is damaged");
    const unsigned char *name = p + ZIP_CENTRAL_SIZE;
    uint16_t flags = zip_u16(p + 8);
    char *text;
    IV_TRY(iv_zip_name(a->zip->ctx, (const char *)name, name_size, flags & ZIP_FLAG_UTF8,
                       a->limits->name_bytes, &text, a->err));
    e->name = text;
    e->method = zip_u16(p + 10);
    e->crc = zip_u32(p + 16);
    e->packed_size = zip_u32(p + 20);
    e->size = zip_u32(p + 24);
    e->is_folder = text[strlen(text) - 1] == '/';
    uint64_t offset = zip_u32(p + 42);
    if (flags & (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG))
        return iv_fail(a->err, IMGVEC_ERR_UNSUPPORTED,
                       "it is encrypted; pack the archive without a password");
    uint32_t mode = zip_u32(p + 38) >> 16, kind = mode & 0170000;
    bool of_unix = p[5] == 3 || p[5] == 19; /* 19: macOS */
    if (kind == 0120000 || (of_unix && kind && kind != 0100000 && kind != 0040000))
        return damaged(a, "it is a link or a device");
    IV_TRY(zip64_fields(a, name + name_size, extra_size, &e->size, &e->packed_size, &offset));
    if (e->is_folder && e->size != 0)
        return damaged(a, "it is a folder with content");
    if (e->method == 0 && e->size != e->packed_size)
        return damaged(a, "it is stored and has two sizes");
    if (e->method == 8 && e->size / DEFLATE_MAX > e->packed_size)
        return damaged(a, "its packed bytes cannot hold the size it declares");
    IV_TRY(check_local(a, e, offset, flags, name, name_size, end));
    return check_limits(a, e);
}

static bool earlier(const void *entries, size_t a, size_t b)
{
    const iv_zip_entry *e = entries;
    return e[a].data_offset < e[b].data_offset;
}

/* Overlapping members multiply what a small archive unpacks to. */
static imgvec_status check_overlaps(audit *a)
{
    iv_zip *z = a->zip;
    uint32_t *order = iv_alloc_n(z->ctx, z->count, sizeof *order);
    if (!order)
        return iv_fail_nomem(a->err);
    iv_order(order, z->count, earlier, z->entries);
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 1; i < z->count && status == IMGVEC_OK; i++) {
        const iv_zip_entry *last = &z->entries[order[i - 1]], *next = &z->entries[order[i]];
        /* The next data begins after its own header, which must follow this data. */
        uint64_t free_from = last->data_offset + last->packed_size;
        if (next->data_offset < free_from + ZIP_LOCAL_SIZE)
            status = iv_fail(a->err, IMGVEC_ERR_FORMAT, "members %.200s and %.200s overlap",
                             last->name, next->name);
    }
    iv_free(z->ctx, order);
    return status;
}

static imgvec_status index_names(audit *a)
{
    iv_zip *z = a->zip;
    for (size_t i = 0; i < z->count; i++) {
        size_t other;
        int added = iv_names_add(z->ctx, &z->names, iv_zip_names(z), i, &other);
        if (added == IV_NAME_NO_MEMORY)
            return iv_fail_nomem(a->err);
        if (added == IV_NAME_TWICE)
            return iv_fail(a->err, IMGVEC_ERR_FORMAT, "two members are named %s",
                           z->entries[i].name);
    }
    return IMGVEC_OK;
}

static imgvec_status read_directory(audit *a, const directory *d, const unsigned char *bytes)
{
    iv_zip *z = a->zip;
    uint64_t at = 0;
    size_t capacity = 0;
    for (uint64_t i = 0; at < d->size; i++) {
        uint64_t size = 0;
        /* Grown as records are met: the declared count is not believed. */
        if (iv_reserve(z->ctx, &z->entries, &capacity, z->count + 1, sizeof *z->entries) != 0)
            return iv_fail_nomem(a->err);
        iv_zip_entry *e = &z->entries[z->count];
        memset(e, 0, sizeof *e);
        imgvec_status status = read_entry(a, bytes + at, d->size - at, d->offset, e, &size);
        z->count += e->name != NULL;
        if (status != IMGVEC_OK)
            return e->name ? iv_prefix(a->err, status, "member %.200s", e->name) : status;
        at += size;
        if (a->limits->entries && z->count > a->limits->entries)
            return iv_fail(a->err, IMGVEC_ERR_LIMIT,
                           "more than %llu members (option max_archive_entries)",
                           (unsigned long long)a->limits->entries);
    }
    if ((d->range ? z->count % d->range : z->count) != d->count)
        return iv_fail(a->err, IMGVEC_ERR_FORMAT,
                       "the end record counts %llu members, and there are %zu",
                       (unsigned long long)d->count, z->count);
    IV_TRY(index_names(a));
    return check_overlaps(a);
}

static imgvec_status open_audited(audit *a)
{
    iv_zip *z = a->zip;
    directory d = {0};
    IV_TRY(find_end(a, &d));
    if (d.offset > d.end || d.end - d.offset != d.size)
        return damaged(a, "the directory is not where the end record says");
    if (d.size > DIRECTORY_MAX)
        return iv_fail(a->err, IMGVEC_ERR_LIMIT, "its directory has %llu bytes, more than %llu",
                       (unsigned long long)d.size, (unsigned long long)DIRECTORY_MAX);
    if (a->limits->entries && d.count > a->limits->entries)
        return iv_fail(a->err, IMGVEC_ERR_LIMIT,
                       "%llu members, more than %llu (option max_archive_entries)",
                       (unsigned long long)d.count, (unsigned long long)a->limits->entries);
    unsigned char *bytes = iv_alloc(z->ctx, (size_t)d.size);
    if (!bytes)
        return iv_fail_nomem(a->err);
    imgvec_status status = iv_source_read(&z->source, d.offset, bytes, (size_t)d.size, a->err);
    if (status == IMGVEC_OK)
        status = read_directory(a, &d, bytes);
    iv_free(z->ctx, bytes);
    return status;
}

imgvec_status iv_zip_open(imgvec_context *ctx, const char *path, const iv_zip_limits *limits,
                          iv_zip **out, imgvec_error *err)
{
    static const iv_zip_limits none = {0};
    iv_zip *z = iv_zalloc(ctx, sizeof *z);
    if (!z)
        return iv_fail_nomem(err);
    z->ctx = ctx;
    imgvec_status status = iv_source_open(ctx, path, &z->source, err);
    if (status == IMGVEC_OK) {
        audit a = {.zip = z, .limits = limits ? limits : &none, .err = err};
        status = iv_prefix(err, open_audited(&a), "%s", path);
    }
    if (status == IMGVEC_OK)
        *out = z;
    else
        iv_zip_close(z);
    return status;
}
