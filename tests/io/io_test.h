/* What the tests of this folder share: temporary files and fixture lists. */
#ifndef IO_TEST_H
#define IO_TEST_H

#include "allocations.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "fixtures.h"
#include "io/json.h"
#include "io/tensors.h"

/* Writes a file of its own for the test and returns its path (static). */
static inline const char *write_temporary(const void *data, size_t size)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/imgvec-io-test-%ld", (long)getpid());
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    return path;
}

/* Parses a JSON file of the fixtures; NULL (said aloud) when it is not there. */
static inline iv_json_document *fixture_json(imgvec_context *ctx, const char *name)
{
    imgvec_error err;
    const char *path = test_fixture(name);
    char *text;
    size_t size;
    iv_json_document *doc = NULL;
    if (!path)
        return NULL;
    assert_ok(iv_file_read(ctx, path, 0, &text, &size, &err));
    assert_ok(iv_json_parse(ctx, text, size, 0, 0, &doc, &err));
    iv_free(ctx, text);
    return doc;
}

/* Calls on_file for each file of the kind whose name begins with `prefix`, with its expected
 * answer; those that a later stage must answer are left out. Returns how many there were. */
static inline int each_fixture(imgvec_context *ctx, const char *kind, const char *prefix,
                               void (*on_file)(imgvec_context *ctx, const char *name,
                                               const char *path, int accept, const char *note))
{
    imgvec_error err;
    int count = 0;
    iv_json_document *doc = fixture_json(ctx, "fixtures/index.json");
    for (const iv_json *j = doc ? iv_json_root(doc)->as.first : NULL; j; j = j->next) {
        const char *path, *its_kind, *expect, *note = "";
        char full[512], copy[4096];
        assert_ok(iv_json_text(j, "path", &path, &err));
        assert_ok(iv_json_text(j, "kind", &its_kind, &err));
        assert_ok(iv_json_text(j, "expect", &expect, &err));
        if (iv_json_get(j, "note"))
            assert_ok(iv_json_text(j, "note", &note, &err));
        if (strcmp(its_kind, kind) != 0 || iv_json_get(j, "stage") ||
            strncmp(iv_path_name(path), prefix, strlen(prefix)) != 0)
            continue;
        snprintf(full, sizeof full, "fixtures/%s", path);
        const char *found = test_fixture(full);
        if (!found)
            continue;
        snprintf(copy, sizeof copy, "%s", found);
        on_file(ctx, iv_path_name(path), copy, strcmp(expect, "accept") == 0, note);
        count++;
    }
    iv_json_free(doc);
    return count;
}

/* The tensors are those that fixtures/weights/expected.json tells for the file. */
static inline void compare_weights(imgvec_context *ctx, const char *name, const iv_tensors *set)
{
    imgvec_error err;
    iv_json_document *doc = fixture_json(ctx, "fixtures/weights/expected.json");
    const iv_json *file = iv_json_get(iv_json_root(doc), name), *shapes, *values;
    assert_non_null(file);
    assert_ok(iv_json_object(file, "tensors", &shapes, &err));
    assert_ok(iv_json_object(file, "values", &values, &err));
    assert_int_equal(set->count, shapes->count);
    for (const iv_json *s = shapes->as.first; s; s = s->next) {
        const iv_tensor *t = iv_tensors_find(set, s->name);
        assert_non_null(t);
        assert_int_equal(t->rank, s->count);
        int k = 0;
        for (const iv_json *d = s->as.first; d; d = d->next)
            assert_int_equal(t->shape[k++], d->as.integer);
    }
    for (const iv_json *v = values->as.first; v; v = v->next) {
        const float *data = iv_tensors_find(set, v->name)->data;
        for (const iv_json *x = v->as.first; x; x = x->next) {
            double wanted = x->type == IV_JSON_BOOL  ? x->as.boolean
                            : x->type == IV_JSON_INT ? (double)x->as.integer
                                                     : x->as.number;
            assert_true(*data++ == (float)wanted);
        }
    }
    iv_json_free(doc);
}

#endif
