#include "learn/search.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "learn/trials.h"

#define CANDIDATES 96

struct iv_search {
    imgvec_context *ctx;
    const iv_study *study;
    const iv_cases *cases;
    const int64_t *which;
    size_t rows;
    uint64_t seed;
    iv_watch *watch;
    bool open; /* trials is made */
    iv_trials trials;
};

/* Plans to choose from, from simple to less simple. */
typedef struct list {
    iv_plan plans[CANDIDATES];
    size_t count;
} list;

imgvec_status iv_search_new(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                            const int64_t *which, size_t count, uint64_t seed, iv_watch *watch,
                            iv_search **out, imgvec_error *err)
{
    iv_search *s = iv_zalloc(ctx, sizeof *s);
    if (!s)
        return iv_fail_nomem(err);
    *s = (iv_search){.ctx = ctx,
                     .study = study,
                     .cases = cases,
                     .which = which,
                     .rows = count,
                     .seed = seed,
                     .watch = watch};
    *out = s;
    return IMGVEC_OK;
}

void iv_search_free(iv_search *s)
{
    if (!s)
        return;
    if (s->open)
        iv_trials_free(&s->trials);
    iv_free(s->ctx, s);
}

/* The inner folds are made when the first plan is tried. */
static imgvec_status open_trials(iv_search *s, imgvec_error *err)
{
    if (s->open)
        return IMGVEC_OK;
    IV_TRY(iv_trials_make(s->ctx, s->study, s->cases, s->which, s->rows, s->seed, s->watch,
                          &s->trials, err));
    s->open = true;
    return IMGVEC_OK;
}

static uint8_t use_of_wide(const iv_study *study)
{
    const char *way = iv_option_text(study->opts, IMGVEC_OPT_IMAGE_FEATURES);
    return strcmp(way, "projection") == 0 ? IV_PLAIN
           : strcmp(way, "both") == 0     ? IV_PLAIN_AND_STACKED
                                          : IV_STACKED;
}

uint8_t iv_search_first_use(const iv_study *study, size_t unit)
{
    const iv_units *u = study->units;
    return u->wide[unit] && !u->tuned[unit] ? use_of_wide(study) : IV_PLAIN;
}

static bool has_units(const iv_study *study, bool wide)
{
    for (size_t u = 0; u < study->units->count; u++)
        if (study->units->wide[u] == wide)
            return true;
    return false;
}

static void add(list *l, const iv_plan *plan)
{
    for (size_t i = 0; i < l->count; i++)
        if (iv_plan_same(&l->plans[i], plan))
            return;
    if (l->count < CANDIDATES)
        l->plans[l->count++] = *plan;
}

static void use_wide(const iv_study *study, iv_plan *p, uint8_t use)
{
    for (size_t u = 0; u < study->units->count; u++)
        if (study->units->wide[u])
            p->use[u] = study->units->tuned[u] && use ? IV_PLAIN : use;
}

/* Every way to turn wide units into features that the options allow, with every learner. */
static void list_ways(const iv_study *study, const iv_plan *start, list *l)
{
    static const uint8_t uses[] = {IV_STACKED, IV_PLAIN, IV_PLAIN_AND_STACKED};
    const char *learner = iv_option_text(study->opts, IMGVEC_OPT_LEARNER);
    bool wide = has_units(study, true);
    bool any = iv_option_is(study->opts, IMGVEC_OPT_IMAGE_FEATURES, "auto");
    bool both_learners = strcmp(learner, "auto") == 0, mixed = has_units(study, false);
    for (size_t i = 0; i < (wide ? 3 : 1); i++)
        for (int k = 0; k < IV_LEARNERS; k++) {
            /* Trees are the usual choice for a table, also one with images beside it; where
             * there are only images a linear model that does as well is the simpler one. */
            int kind = mixed ? k : IV_LEARNERS - 1 - k;
            if (!both_learners && strcmp(learner, iv_learner_name((iv_learner_kind)kind)) != 0)
                continue;
            iv_plan p = *start;
            uint8_t use = wide ? uses[i] : IV_PLAIN;
            p.learner = kind;
            use_wide(study, &p, use);
            if (wide && !any && use != use_of_wide(study))
                continue;
            if (any && both_learners && wide && kind == IV_LINEAR && use != IV_STACKED)
                continue; /* it would see the same embedding twice, or less of it */
            for (size_t d = 0; d < (use & IV_PLAIN ? study->dim_count : 1); d++) {
                p.dim = study->dims[d];
                add(l, &p);
            }
        }
}

static bool better(const iv_search *s, size_t a, size_t b)
{
    size_t count;
    const iv_trials *t = &s->trials;
    double x = t->items[a].score, y = t->items[b].score;
    bool up = iv_metrics_of(s->cases->task, &count)[t->metric].higher_is_better;
    return !isnan(x) && (isnan(y) || (up ? x > y : x < y));
}

/* Whether the second of two trials is the better one: the likelihood decides where the metric does
 * not speak against it, and the other way round. */
static imgvec_status suits_better(iv_search *s, size_t first, size_t second, bool *out,
                                  imgvec_error *err)
{
    iv_gain metric, likelihood;
    IV_TRY(iv_trials_gain_transform(&s->trials, first, second, &metric, &likelihood, err));
    *out = (likelihood.value > likelihood.error && metric.value > -metric.error) ||
           (metric.value > metric.error && likelihood.value > -likelihood.error);
    return IMGVEC_OK;
}

/* Tries the plan under each transform that suits the target. */
static imgvec_status try_transforms(iv_search *s, iv_plan p, size_t *best, imgvec_error *err)
{
    static const int32_t kinds[] = {IV_LOG, IV_BOX_COX, IV_YEO_JOHNSON};
    bool positive;
    IV_TRY(iv_trials_try(&s->trials, &p, best, err));
    IV_TRY(iv_trials_suits(&s->trials, IV_BOX_COX, &positive, err));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool suits;
        size_t next;
        if (kinds[i] == IV_YEO_JOHNSON && positive)
            continue; /* Box-Cox does not depend on the unit of the target */
        IV_TRY(iv_trials_suits(&s->trials, kinds[i], &suits, err));
        if (!suits)
            continue;
        p.transform = kinds[i];
        IV_TRY(iv_trials_try(&s->trials, &p, &next, err));
        IV_TRY(suits_better(s, *best, next, &suits, err));
        if (suits)
            *best = next;
    }
    return IMGVEC_OK;
}

/* The target's transform, tried on the narrow columns where there are any: they are quick, and
 * what suits the target hardly depends on what it is predicted from. It does depend on what learns:
 * trees bend to any scale, a linear model may need one to be any good. */
static imgvec_status choose_transform(iv_search *s, iv_plan *plan, imgvec_error *err)
{
    const char *wanted = iv_option_text(s->study->opts, IMGVEC_OPT_TARGET_TRANSFORM);
    iv_transform_kind fixed;
    if (s->cases->task != IV_TASK_REGRESSION)
        return IMGVEC_OK;
    if (iv_transform_from_name(wanted, &fixed) == 0) {
        plan->transform = fixed;
        return IMGVEC_OK;
    }
    iv_plan p = *plan;
    size_t best, other;
    if (has_units(s->study, false))
        use_wide(s->study, &p, IV_UNUSED);
    IV_TRY(open_trials(s, err));
    IV_TRY(try_transforms(s, p, &best, err));
    if (iv_option_is(s->study->opts, IMGVEC_OPT_LEARNER, "auto")) {
        bool linear;
        p.learner = IV_LINEAR;
        IV_TRY(try_transforms(s, p, &other, err));
        IV_TRY(suits_better(s, best, other, &linear, err));
        best = linear ? other : best;
    }
    plan->transform = s->trials.items[best].plan.transform;
    return IMGVEC_OK;
}

/* Whether trees are clearly worse than a linear model on the same features, which are the first two
 * plans of the list. Then they are not tried on more features of the same images: that costs most
 * of all, and what is lost on a few features is hardly won back on hundreds. */
static imgvec_status trees_lose(iv_search *s, const list *l, const size_t *at, bool *out,
                                imgvec_error *err)
{
    iv_gain gain;
    iv_plan other = l->plans[1];
    size_t linear = l->plans[0].learner == IV_LINEAR ? 0 : 1;
    *out = false;
    other.learner = l->plans[0].learner;
    if (l->plans[1].learner == other.learner || !iv_plan_same(&other, &l->plans[0]))
        return IMGVEC_OK;
    IV_TRY(iv_trials_gain(&s->trials, at[1 - linear], at[linear], &gain, err));
    *out = gain.value > gain.error;
    return IMGVEC_OK;
}

/* The first of the list that is within one standard error of the best. */
static imgvec_status choose_of(iv_search *s, const list *l, size_t *out, imgvec_error *err)
{
    size_t at[CANDIDATES], best = 0;
    bool enough = false;
    for (size_t i = 0; i < l->count && !enough; i++) {
        IV_TRY(iv_trials_try(&s->trials, &l->plans[i], &at[i], err));
        if (better(s, at[i], at[best]))
            best = i;
        if (i == 1 && l->count > 2)
            IV_TRY(trees_lose(s, l, at, &enough, err));
    }
    *out = at[best];
    for (size_t i = 0; i < best; i++) {
        iv_gain gain;
        IV_TRY(iv_trials_gain(&s->trials, at[best], at[i], &gain, err));
        if (gain.value >= -gain.error) {
            *out = at[i];
            return IMGVEC_OK;
        }
    }
    return IMGVEC_OK;
}

static size_t count_used(const iv_study *study, const iv_plan *p, bool wide)
{
    size_t used = 0;
    for (size_t u = 0; u < study->units->count; u++)
        used += p->use[u] && study->units->wide[u] == wide;
    return used;
}

/* Plans without a wide unit, or without all of them. */
static void list_without_wide(const iv_study *study, const iv_plan *plan, list *l)
{
    size_t narrow = count_used(study, plan, false);
    iv_plan p = *plan;
    use_wide(study, &p, IV_UNUSED);
    if (narrow && !iv_plan_same(&p, plan)) /* what is no change would be tried for ever */
        add(l, &p);
    for (size_t u = 0; u < study->units->count; u++) {
        p = *plan;
        if (!study->units->wide[u] || !p.use[u] || (!narrow && count_used(study, plan, true) == 1))
            continue;
        p.use[u] = IV_UNUSED;
        add(l, &p);
    }
}

/* Plans of one unit alone, and of the wide ones alone. */
static void list_alone(const iv_study *study, const iv_plan *plan, list *l)
{
    iv_plan p = *plan;
    for (size_t u = 0; u < study->units->count; u++)
        if (!study->units->wide[u])
            p.use[u] = IV_UNUSED;
    if (count_used(study, &p, true))
        add(l, &p);
    for (size_t u = 0; u < study->units->count; u++) {
        p = *plan;
        if (!p.use[u])
            continue;
        memset(p.use, 0, sizeof p.use);
        p.use[u] = plan->use[u];
        add(l, &p);
    }
}

/* Leaves out wide units that do not earn their place: a plan with fewer of them that is not worse
 * than the best plan seen by more than a standard error is taken. */
static imgvec_status drop_wide(iv_search *s, size_t *now, size_t *best, imgvec_error *err)
{
    for (bool changed = true; changed;) {
        list l = {.count = 0};
        size_t at[CANDIDATES], fewest = SIZE_MAX, choice = *now;
        changed = false;
        list_without_wide(s->study, &s->trials.items[*now].plan, &l);
        for (size_t i = 0; i < l.count; i++) {
            IV_TRY(iv_trials_try(&s->trials, &l.plans[i], &at[i], err));
            if (better(s, at[i], *best))
                *best = at[i];
        }
        for (size_t i = 0; i < l.count; i++) {
            iv_gain gain;
            size_t wide = count_used(s->study, &l.plans[i], true);
            IV_TRY(iv_trials_gain(&s->trials, *best, at[i], &gain, err));
            if (!(gain.value >= -gain.error) || wide > fewest ||
                (wide == fewest && !better(s, at[i], choice)))
                continue;
            fewest = wide;
            choice = at[i];
            changed = true;
        }
        *now = choice;
    }
    return IMGVEC_OK;
}

/* Narrow units stay unless a single unit, or the wide ones alone, are clearly better. */
static imgvec_status try_alone(iv_search *s, const iv_plan *all, size_t *now, imgvec_error *err)
{
    list l = {.count = 0};
    size_t choice = *now;
    list_alone(s->study, all, &l);
    for (size_t i = 0; i < l.count; i++) {
        size_t at;
        iv_gain gain;
        IV_TRY(iv_trials_try(&s->trials, &l.plans[i], &at, err));
        IV_TRY(iv_trials_gain(&s->trials, *now, at, &gain, err));
        if (gain.value > gain.error && better(s, at, choice))
            choice = at;
    }
    *now = choice;
    return IMGVEC_OK;
}

imgvec_status iv_search_run(iv_search *s, iv_plan *plan, int32_t *rounds, imgvec_error *err)
{
    const iv_study *study = s->study;
    list ways = {.count = 0};
    size_t now;
    bool select = iv_option_bool(study->opts, IMGVEC_OPT_SELECT_BLOCKS) && study->units->count > 1;
    iv_plan all = {.dim = study->dims[0]};
    for (size_t u = 0; u < study->units->count; u++)
        all.use[u] = iv_search_first_use(study, u);
    if (iv_option_is(study->opts, IMGVEC_OPT_LEARNER, "linear"))
        all.learner = IV_LINEAR;
    IV_TRY(choose_transform(s, &all, err));
    list_ways(study, &all, &ways);
    bool stop = ways.plans[0].learner == IV_XGBOOST &&
                iv_option_i64(study->opts, IMGVEC_OPT_EARLY_STOPPING_ROUNDS) > 0;
    if (ways.count == 1 && !select && !stop) { /* there is nothing to choose */
        *plan = ways.plans[0];
        *rounds = (int32_t)iv_option_i64(study->opts, IMGVEC_OPT_ROUNDS);
        return IMGVEC_OK;
    }
    IV_TRY(open_trials(s, err));
    IV_TRY(choose_of(s, &ways, &now, err));
    if (select) {
        iv_plan full = s->trials.items[now].plan;
        size_t best = now;
        IV_TRY(drop_wide(s, &now, &best, err));
        IV_TRY(try_alone(s, &full, &now, err));
    }
    *plan = s->trials.items[now].plan;
    *rounds = s->trials.items[now].rounds;
    return IMGVEC_OK;
}

imgvec_status iv_search_rounds(iv_search *s, const iv_plan *plan, int32_t chosen, int32_t *rounds,
                               imgvec_error *err)
{
    size_t at;
    *rounds = chosen;
    if (plan->learner != IV_XGBOOST || !s->open ||
        (!iv_trials_cheap(s->cases, s->rows) && !iv_trials_known(&s->trials, plan)))
        return IMGVEC_OK;
    IV_TRY(iv_trials_try(&s->trials, plan, &at, err));
    *rounds = s->trials.items[at].rounds;
    return IMGVEC_OK;
}
