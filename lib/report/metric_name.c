#include "report/metric_name.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name, *shown;
    bool rises;
} table[] = {{"rmse", "RMSE", false},
             {"mae", "MAE", false},
             {"mse", "MSE", false},
             {"r2", "R\xc2\xb2", true},
             {"mape", "MAPE", false},
             {"smape", "SMAPE", false},
             {"rmsle", "RMSLE", false},
             {"rmspe", "RMSPE", false},
             {"mer", "MER", false},
             {"gini", "Gini", true},
             {"auc", "AUC", true},
             {"aucpr", "AUCPR", true},
             {"macro_auc", "Macro AUC", true},
             {"accuracy", "Accuracy", true},
             {"balanced_accuracy", "Balanced accuracy", true},
             {"log_loss", "Log loss", false},
             {"f1", "F1", true},
             {"f05", "F0.5", true},
             {"f2", "F2", true},
             {"mcc", "MCC", true}};

const char *iv_metric_name(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].shown;
    return name;
}

bool iv_metric_rises(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].rises;
    return true;
}

const char *iv_auc_rating(double auc)
{
    static const char *const words[] = {"unsatisfactory", "satisfactory", "good", "very good",
                                        "excellent"};
    if (isnan(auc))
        return "not defined";
    if (auc < 0.5)
        return "worse than chance";
    int band = (int)((fmin(auc, 1) - 0.5) * 10 + 1e-9);
    return words[band > 4 ? 4 : band];
}

const char *iv_report_metric(const iv_report *r)
{
    const iv_json *trials = iv_report_find(r->info, "auto.trials");
    const char *said = iv_report_text(iv_json_get(r->info, "auto"), "metric");
    if (!*said)
        said = iv_report_text(r->info, "metric");
    if (*said || !trials || trials->type != IV_JSON_ARRAY)
        return said;
    for (const iv_json *t = trials->as.first; t; t = t->next) {
        const iv_json *metrics = iv_json_get(t, "metrics");
        double score = iv_report_number(t, "score");
        for (const iv_json *m = metrics && metrics->type == IV_JSON_OBJECT ? metrics->as.first
                                                                           : NULL;
             m; m = m->next)
            if (iv_report_value(m) == score)
                return m->name;
    }
    return "";
}

const iv_json *iv_report_best_trial(const iv_report *r)
{
    const iv_json *trials = iv_report_find(r->info, "auto.trials"), *best = NULL;
    const char *metric = iv_report_metric(r);
    double sign = iv_metric_rises(metric) ? 1 : -1, most = -INFINITY;
    if (!trials || trials->type != IV_JSON_ARRAY)
        return NULL;
    for (const iv_json *t = trials->as.first; t; t = t->next) {
        double score = sign * iv_report_number(t, "score");
        if (score > most) {
            most = score;
            best = t;
        }
    }
    return best;
}
