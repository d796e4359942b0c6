#include "model/importance.h"

#include <math.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "io/json.h"
#include "learn/contributions.h"
#include "model/explain.h"
#include "table/dataset.h"

/* TreeSHAP was measured to take 2 us for a row of a tree of depth 6. Shares of fewer rows than
 * FEWEST_ROWS would say nothing; what is looked at between two looks at the watch is
 * BLOCK_TREE_ROWS. */
enum { ROWS = 1000, FEWEST_ROWS = 5, TERMS = 1 << 22, TREE_ROWS = 400000, BLOCK_TREE_ROWS = 50000 };

typedef struct share {
    size_t source;
    double value;
} share;

typedef struct job {
    const iv_learner *learner;
    const iv_recipe *recipe;
    const iv_sources *sources;
    size_t width, margins, trees;
} job;

/* NEW; NULL: no memory. */
static char *write(imgvec_context *ctx, const iv_sources *s, const share *shares)
{
    double total = 0;
    iv_text text;
    iv_json_writer writer, *w = &writer;
    iv_text_init(&text, ctx);
    iv_json_begin(w, &text, true);
    for (size_t i = 0; i < s->count; i++)
        total += shares[i].value;
    iv_json_put_array(w, NULL);
    for (size_t i = 0; i < s->count; i++) {
        const iv_block *b = s->of[shares[i].source];
        iv_json_put_object(w, NULL);
        iv_json_put_text(w, "name", b->column);
        iv_json_put_text(w, "type", iv_dataset_type_name(b->kind->type));
        iv_json_put_f64(w, "share", total > 0 ? shares[i].value / total : 0);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    return iv_text_take(&text);
}

static void sort(share *shares, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && shares[k].value > shares[k - 1].value; k--) {
            share t = shares[k];
            shares[k] = shares[k - 1];
            shares[k - 1] = t;
        }
}

static size_t rows_used(size_t rows, size_t terms)
{
    size_t used = ROWS < TERMS / terms ? ROWS : TERMS / terms;
    return used < 1 ? 1 : used < rows ? used : rows;
}

/* How many of `used` rows trees are walked for; 0: they are too many for any. */
static size_t rows_of_trees(size_t used, size_t trees)
{
    if (trees == 0 || used <= TREE_ROWS / trees)
        return used;
    return TREE_ROWS / trees >= FEWEST_ROWS ? TREE_ROWS / trees : 0;
}

/* Adds up the sizes of what the sources add, over the first rows of x. */
static imgvec_status add_up(const job *j, const float *x, size_t rows, iv_watch *watch,
                            float *terms, double *sums, share *shares, imgvec_error *err)
{
    size_t block = j->trees ? BLOCK_TREE_ROWS / j->trees : rows;
    block = block < 1 ? 1 : block;
    for (size_t at = 0; at < rows; at += block) {
        size_t count = rows - at < block ? rows - at : block;
        const iv_matrix matrix = {.x = x + at * j->width, .rows = count, .cols = j->width};
        IV_TRY(iv_watch_check(watch, err));
        IV_TRY(iv_learner_contributions(j->learner, &matrix, terms, err));
        for (size_t i = 0; i < count * j->margins; i++) {
            iv_sources_sum(j->sources, j->recipe, terms + i * (j->width + 1), sums);
            for (size_t c = 0; c < j->sources->count; c++)
                shares[c].value += fabs(sums[c]);
        }
    }
    return IMGVEC_OK;
}

imgvec_status iv_importance_measure(imgvec_context *ctx, const iv_inputs *inputs,
                                    const iv_recipe *r, const iv_learner *l, int32_t rounds,
                                    const int64_t *rows, size_t count, iv_watch *watch,
                                    char **importance, iv_average *average, imgvec_error *err)
{
    size_t width = (size_t)r->width, k = iv_learner_margin_count(l), each = width + 1;
    size_t used = rows_used(count, k * each), trees = (size_t)rounds * k;
    size_t walked = rows_of_trees(used, trees);
    bool told = walked > 0;
    imgvec_error why = {0};
    imgvec_status status = IMGVEC_OK;
    iv_sources s;
    IV_TRY(iv_sources_make(ctx, r, &s, err));
    const job j = {
        .learner = l, .recipe = r, .sources = &s, .width = width, .margins = k, .trees = trees};
    int64_t *some = iv_alloc_n(ctx, used + 1, sizeof *some);
    float *x = iv_alloc_n(ctx, used + 1, width * sizeof *x);
    float *terms = iv_alloc_n(ctx, used + 1, k * each * sizeof *terms);
    double *sums = iv_alloc_n(ctx, s.count + 1, sizeof *sums);
    share *shares = iv_calloc(ctx, s.count + 1, sizeof *shares);
    if (!some || !x || !terms || !sums || !shares)
        IV_DO(iv_fail_nomem(err));
    for (size_t c = 0; c < s.count; c++)
        shares[c].source = c;
    if (walked) {
        for (size_t i = 0; i < walked; i++) /* evenly over all rows */
            some[i] = rows[i * count / walked];
        IV_DO(iv_recipe_apply(r, inputs, some, walked, x, NULL, err));
        status = add_up(&j, x, walked, watch, terms, sums, shares, &why);
        if (status == IMGVEC_ERR_UNSUPPORTED) {
            iv_log(ctx, IMGVEC_LOG_NOTICE, "importance is left out: %s", why.text);
            told = false;
        } else if (status != IMGVEC_OK) {
            if (err)
                *err = why;
            goto done;
        }
    }
    for (size_t i = 0; i < used; i++)
        some[i] = rows[i * count / used];
    IV_DO(iv_recipe_apply(r, inputs, some, used, x, NULL, err));
    IV_DO(iv_average_make(ctx, x, used, width, average, err));
    sort(shares, s.count);
    *importance = told ? write(ctx, &s, shares) : NULL;
    if (told && !*importance)
        status = iv_fail_nomem(err);
done:
    iv_free(ctx, some);
    iv_free(ctx, x);
    iv_free(ctx, terms);
    iv_free(ctx, sums);
    iv_free(ctx, shares);
    iv_sources_free(ctx, &s);
    return status;
}
