/* Equal pictures behind different URLs: found, reported, kept on one side of a split. */
#include <stdatomic.h>

#include "http_server.h"
#include "scene.h"
#include "table_support.h"

typedef struct remote {
    place place;
    http_server *server;
    imgvec_options *opts;
    atomic_int hits;
} remote;

/* /COPY/SCENE-WIDTH.ppm: the same bytes by any COPY. */
static void answer(http_exchange *x, void *user)
{
    remote *r = user;
    int copy, scene, width;
    size_t size;
    atomic_fetch_add(&r->hits, 1);
    if (sscanf(x->path, "/%d/%d-%d.ppm", &copy, &scene, &width) != 3) {
        http_reply(x, 404, "", "none", 4);
        return;
    }
    char *file = scene_file((uint64_t)scene, width, width * 3 / 4, width < 100 ? 4 : 0, &size);
    http_reply(x, 200, "", file, size);
    free(file);
}

static int begin(void **state)
{
    remote *r = calloc(1, sizeof *r);
    if (imgvec_context_new(&r->place.ctx, NULL) != IMGVEC_OK)
        return -1;
    strcpy(r->place.folder, "/tmp/imgvec-test-XXXXXX");
    if (!mkdtemp(r->place.folder))
        return -1;
    r->server = http_server_start(answer, r);
    r->opts = options(&r->place, "cache_dir", at(&r->place, "cache"));
    assert_int_equal(iv_options_set_named(r->opts, "allow_private", "1", NULL), IMGVEC_OK);
    assert_int_equal(iv_options_set_named(r->opts, "download_retries", "0", NULL), IMGVEC_OK);
    *state = r;
    return r->server ? 0 : -1;
}

static int end(void **state)
{
    remote *r = *state;
    http_server_stop(r->server);
    iv_options_free(r->opts);
    return tear_down(state);
}

/* 0 and 3 have the same bytes, 1 and 4 look the same, 5 is not there, the others are alone; the
 * last cell names the picture of row 2 beside one of its own. */
static const char *const pictures[] = {"1/1-120", "1/2-120", "1/3-120", "2/1-120", "1/2-70",
                                       "x",       "1/4-120", "1/5-120", "1/6-120", "2/3-120"};
enum { ROWS = sizeof pictures / sizeof *pictures };

static imgvec_dataset *table(const remote *r)
{
    char text[4096] = "photo,y\n";
    for (int i = 0; i < ROWS; i++)
        sprintf(text + strlen(text), "http://127.0.0.1:%d/%s.ppm%s,%d\n",
                http_server_port(r->server), pictures[i], i == ROWS - 1 ? ";" : "", i);
    put_text(&r->place, "t.csv", text);
    return open_with(&r->place, at(&r->place, "t.csv"), r->opts);
}

static void rows_are(const iv_json *set, const char *kind, const char *rows)
{
    char all[256] = "";
    assert_string_equal(iv_json_get(set, "kind")->as.text, kind);
    for (const iv_json *row = iv_json_get(set, "rows")->as.first; row; row = row->next)
        sprintf(all + strlen(all), "%s%d", *all ? " " : "",
                (int)iv_json_get(row, "row")->as.integer);
    assert_string_equal(all, rows);
}

static void found_by_their_bytes_and_looks(void **state)
{
    remote *r = *state;
    imgvec_dataset *ds = table(r);
    for (int run = 0; run < 2; run++) {
        iv_json_document *doc = describe(ds, r->opts);
        const iv_json *d = iv_json_get(iv_json_root(doc), "duplicates");
        const iv_json *list = iv_json_get(d, "list");
        assert_int_equal(iv_json_get(d, "groups")->as.integer, 3);
        assert_int_equal(iv_json_get(d, "exact_groups")->as.integer, 2);
        assert_int_equal(list->count, 3);
        rows_are(list->as.first, "exact", "0 3");
        rows_are(list->as.first->next, "near", "1 4");
        rows_are(list->as.first->next->next, "exact", "2 9");
        const iv_json *row = iv_json_get(list->as.first, "rows")->as.first;
        assert_non_null(strstr(iv_json_get(row, "path")->as.text, "http://127.0.0.1:"));
        assert_int_equal(iv_json_get(iv_json_root(doc), "problems")->count, 1);
        iv_json_free(doc);
        assert_int_equal(r->hits, ROWS); /* the second run asks the cache alone */
    }
    iv_dataset_free(ds);
}

static void stay_on_one_side_of_a_split(void **state)
{
    remote *r = *state;
    imgvec_dataset *ds = table(r);
    static const int pairs[][2] = {{0, 3}, {1, 4}, {2, 9}};
    for (int seed = 1; seed <= 8; seed++) {
        char number[8], *text = NULL;
        size_t size;
        imgvec_error err;
        snprintf(number, sizeof number, "%d", seed);
        assert_int_equal(iv_options_set_named(r->opts, "seed", number, NULL), IMGVEC_OK);
        if (iv_dataset_split(ds, r->opts, at(&r->place, "a.csv"), at(&r->place, "b.csv"), NULL,
                             NULL, &err) != IMGVEC_OK)
            fail_msg("%s", err.text);
        assert_int_equal(iv_file_read(r->place.ctx, at(&r->place, "a.csv"), 0, &text, &size, NULL),
                         IMGVEC_OK);
        for (int i = 0; i < 3; i++) {
            bool in[2];
            for (int k = 0; k < 2; k++) {
                char row[64];
                snprintf(row, sizeof row, ",%d\n", pairs[i][k]);
                in[k] = strstr(text, row) != NULL;
            }
            assert_int_equal(in[0], in[1]);
        }
        iv_free(r->place.ctx, text);
    }
    iv_dataset_free(ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found_by_their_bytes_and_looks, begin, end),
        cmocka_unit_test_setup_teardown(stay_on_one_side_of_a_split, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
