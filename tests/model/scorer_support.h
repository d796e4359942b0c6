/* A model of columns of every type, and rows for it. */
#ifndef TEST_SCORER_SUPPORT_H
#define TEST_SCORER_SUPPORT_H

#include "model_support.h"

enum { ROWS = 48 };

/* Values of row i, of every type of column. */
typedef struct row {
    uint8_t pixels[16 * 16 * 3];
    double x, y;
    const char *colour, *flag, *date, *note;
} row;

static inline row make_row(int i)
{
    static const char *const colours[] = {"red", "green", "blue"};
    static const char *const dates[] = {"2021-01-05", "2021-02-14", "2021-08-30", "2022-03-01"};
    static const char *const notes[] = {"a quiet house", "a loud house", "nothing but noise"};
    iv_random r;
    row v;
    iv_random_seed(&r, (uint64_t)i, "row");
    double hidden = iv_random_unit(&r);
    int colour[3] = {(int)(40 + 180 * hidden), 90, (int)(220 - 180 * hidden)};
    draw(&r, colour, v.pixels);
    v.x = i % 7 == 3 ? (double)NAN : hidden + 0.1 * iv_random_normal(&r);
    v.colour = i % 11 == 5 ? NULL : colours[i % 3];
    v.flag = i % 2 ? "yes" : "no";
    v.date = dates[i % 4];
    v.note = notes[(i / 2) % 3];
    v.y = 10 * hidden + i % 3;
    return v;
}

static inline imgvec_dataset *new_dataset(imgvec_context *ctx)
{
    static const struct {
        const char *name;
        int32_t type;
    } columns[] = {{"note", IMGVEC_COLUMN_TEXT},          {"image", IMGVEC_COLUMN_IMAGE},
                   {"x", IMGVEC_COLUMN_NUMERIC},          {"colour", IMGVEC_COLUMN_CATEGORICAL},
                   {"flag", IMGVEC_COLUMN_BOOLEAN},       {"date", IMGVEC_COLUMN_DATE},
                   {"nothing", IMGVEC_COLUMN_CATEGORICAL}};
    imgvec_dataset *ds;
    imgvec_error err;
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        assert_ok(imgvec_dataset_add_column(ds, columns[c].name, columns[c].type, &err));
    return ds;
}

static inline void append(imgvec_dataset *ds, const row *v)
{
    imgvec_error err;
    assert_ok(
        imgvec_dataset_append_pixels(ds, "image", v->pixels, 16, 16, 0, IMGVEC_PIXELS_RGB, &err));
    assert_ok(imgvec_dataset_append_number(ds, "x", v->x, &err));
    assert_ok(imgvec_dataset_append_text(ds, "colour", v->colour, &err));
    assert_ok(imgvec_dataset_append_text(ds, "flag", v->flag, &err));
    assert_ok(imgvec_dataset_append_text(ds, "date", v->date, &err));
    assert_ok(imgvec_dataset_append_text(ds, "note", v->note, &err));
    assert_ok(imgvec_dataset_append_text(ds, "nothing", "of interest", &err));
}

static inline void set(imgvec_scorer *s, const row *v)
{
    imgvec_error err;
    assert_ok(imgvec_scorer_set_pixels(s, "image", v->pixels, 16, 16, 0, IMGVEC_PIXELS_RGB, &err));
    assert_ok(imgvec_scorer_set_number(s, "x", v->x, &err));
    assert_ok(imgvec_scorer_set_text(s, "colour", v->colour, &err));
    assert_ok(imgvec_scorer_set_text(s, "flag", v->flag, &err));
    assert_ok(imgvec_scorer_set_text(s, "date", v->date, &err));
    assert_ok(imgvec_scorer_set_text(s, "note", v->note, &err));
}

/* A model of all the columns but "nothing". target: "y" or "kind". */
static inline imgvec_model *train(imgvec_context *ctx, const char *target)
{
    imgvec_model *m;
    imgvec_error err;
    imgvec_dataset *ds = new_dataset(ctx);
    imgvec_options *o =
        make_options(ctx, IMGVEC_JOB_TRAIN, "target", target, "ignore",
                     strcmp(target, "y") == 0 ? "kind,nothing" : "y,nothing", "backbone", "tiny",
                     "weights", "random", "dim", "3", "folds", "2", "rounds", "10", "threads", "1",
                     "select_blocks", "0", "ablation", "off", "text_dim", "2", NULL);
    assert_ok(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "kind", IMGVEC_COLUMN_CATEGORICAL, &err));
    for (int i = 0; i < ROWS; i++) {
        row v = make_row(i);
        append(ds, &v);
        assert_ok(imgvec_dataset_append_number(ds, "y", v.y, &err));
        assert_ok(imgvec_dataset_append_text(ds, "kind",
                                             v.y < 4   ? "low"
                                             : v.y < 8 ? "middle"
                                                       : "high",
                                             &err));
    }
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    return m;
}

#endif
