#include "model/importance.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/json.h"
#include "learn/contributions.h"
#include "model/explain.h"
#include "table/dataset.h"

/* At most and, with many trees, at least. TreeSHAP was measured to take 2 us for a row of a tree of
 * depth 6. */
enum { ROWS = 1000, FEWEST_ROWS = 50, TERMS = 1 << 22, TREE_ROWS = 400000 };

typedef struct share {
    size_t source;
    double value;
} share;

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

static size_t rows_used(size_t rows, size_t trees, size_t terms)
{
    size_t used = ROWS;
    if (trees > 0 && used > TREE_ROWS / trees)
        used = TREE_ROWS / trees;
    if (used < FEWEST_ROWS)
        used = FEWEST_ROWS;
    if (used > TERMS / terms)
        used = TERMS / terms;
    return used < 1 ? 1 : used < rows ? used : rows;
}

imgvec_status iv_importance_measure(imgvec_context *ctx, const iv_inputs *inputs,
                                    const iv_recipe *r, const iv_learner *l, int32_t rounds,
                                    const int64_t *rows, size_t count, char **importance,
                                    iv_average *average, imgvec_error *err)
{
    size_t width = (size_t)r->width, k = iv_learner_margin_count(l), each = width + 1;
    size_t used = rows_used(count, (size_t)rounds * k, k * each);
    imgvec_status status = IMGVEC_OK;
    iv_sources s;
    IV_TRY(iv_sources_make(ctx, r, &s, err));
    int64_t *some = iv_alloc_n(ctx, used + 1, sizeof *some);
    float *x = iv_alloc_n(ctx, used + 1, width * sizeof *x);
    float *terms = iv_alloc_n(ctx, used + 1, k * each * sizeof *terms);
    double *sums = iv_alloc_n(ctx, s.count + 1, sizeof *sums);
    share *shares = iv_calloc(ctx, s.count + 1, sizeof *shares);
    if (!some || !x || !terms || !sums || !shares)
        IV_DO(iv_fail_nomem(err));
    for (size_t i = 0; i < used; i++) /* evenly over all rows */
        some[i] = rows[i * count / used];
    IV_DO(iv_recipe_apply(r, inputs, some, used, x, NULL, err));
    const iv_matrix matrix = {.x = x, .rows = used, .cols = width};
    IV_DO(iv_learner_contributions(l, &matrix, terms, err));
    for (size_t c = 0; c < s.count; c++)
        shares[c].source = c;
    for (size_t i = 0; i < used * k; i++) {
        iv_sources_sum(&s, r, terms + i * each, sums);
        for (size_t c = 0; c < s.count; c++)
            shares[c].value += fabs(sums[c]);
    }
    sort(shares, s.count);
    IV_DO(iv_average_make(ctx, x, used, width, average, err));
    *importance = write(ctx, &s, shares);
    if (!*importance)
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
