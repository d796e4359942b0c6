#!/usr/bin/env python3
"""Scores of random predictions by scikit-learn, and by NumPy where it has no such metric, for
test_metrics_reference.c: metrics_reference.py SEED CASES ROWS. metrics_reference.txt holds the
output of `metrics_reference.py 7 9 40`; the test also asks for a fresh one where scikit-learn is installed."""
import sys
import warnings

import numpy as np
from sklearn import metrics as sk

warnings.simplefilter("ignore")


def show(name, values):
    print(name, *("%.17g" % v for v in np.asarray(values, dtype=np.float64).ravel()))


def smape(y, p, w):
    top, below = np.abs(y - p), (np.abs(y) + np.abs(p)) / 2
    each = np.divide(top, below, out=np.zeros_like(top), where=below != 0)
    return np.average(each, weights=w)


def relative(y, p, w):
    keep = y != 0
    return np.abs((y[keep] - p[keep]) / y[keep]), w[keep]


def rmspe(y, p, w):
    e, v = relative(y, p, w)
    return np.sqrt(np.average(e**2, weights=v))


def mer(y, p, w):
    """The value m with the least weighted sum of |e - m|; the middle of them where they are many."""
    e, v = relative(y, p, w)
    cost = (v * np.abs(e[:, None] - e[None, :])).sum(axis=1)
    best = e[cost <= cost.min() * (1 + 1e-13)]
    return (best.min() + best.max()) / 2


def gini(y, p, w):
    """Share of pairs by how much they differ: E[(y_i - y_j) sign(p_i - p_j)] / E|y_i - y_j|."""
    ww = w[:, None] * w[None, :]
    dy, dp = y[:, None] - y[None, :], np.sign(p[:, None] - p[None, :])
    return (ww * dy * dp).sum() / (ww * np.abs(dy)).sum()


def regression(rng, n):
    y = np.round(rng.lognormal(1, 0.8, n), 1).astype(np.float32)
    y[rng.random(n) < 0.1] = 0
    p = np.abs(np.round(y * rng.normal(1, 0.2, n) + rng.normal(0, 0.5, n), 1)).astype(np.float32)
    return y, p.reshape(n, 1)


def regression_scores(y, p, w):
    y, p = y.astype(np.float64), p[:, 0].astype(np.float64)
    return {
        "rmse": np.sqrt(sk.mean_squared_error(y, p, sample_weight=w)),
        "mae": sk.mean_absolute_error(y, p, sample_weight=w),
        "r2": sk.r2_score(y, p, sample_weight=w),
        "rmsle": np.sqrt(sk.mean_squared_log_error(y, p, sample_weight=w)),
        "mse": sk.mean_squared_error(y, p, sample_weight=w),
        "mape": sk.mean_absolute_percentage_error(y, p, sample_weight=w),
        "smape": smape(y, p, w),
        "rmspe": rmspe(y, p, w),
        "mer": mer(y, p, w),
        "gini": gini(y, p, w),
    }


def classes(rng, n, k):
    y = rng.integers(0, k, n)
    y[:k] = np.arange(k)
    raw = rng.integers(1, 8, (n, k)).astype(np.float64)
    raw[np.arange(n), y] += rng.integers(0, 6, n)
    return y.astype(np.float32), (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)


def class_scores(y, p, w):
    k = p.shape[1]
    y, guess = y.astype(int), p.argmax(axis=1)
    average = "binary" if k == 2 else "macro"
    truth = (y if k == 2 else np.eye(k)[y])
    ranked = p[:, 1] if k == 2 else p
    clipped = np.clip(p.astype(np.float64), np.finfo(np.float32).eps, 1 - np.finfo(np.float32).eps)
    clipped /= clipped.sum(axis=1, keepdims=True)
    auc = sk.roc_auc_score(truth, ranked, sample_weight=w, average="macro")
    out = {
        "accuracy": sk.accuracy_score(y, guess, sample_weight=w),
        "log_loss": sk.log_loss(y, clipped, sample_weight=w),
        "auc": auc,
        "balanced_accuracy": sk.balanced_accuracy_score(y, guess, sample_weight=w),
        "f1": sk.f1_score(y, guess, sample_weight=w, average=average),
        "mcc": sk.matthews_corrcoef(y, guess, sample_weight=w),
        "aucpr": sk.average_precision_score(truth, ranked, sample_weight=w, average="macro"),
        "gini": 2 * auc - 1,
        "f05": sk.fbeta_score(y, guess, beta=0.5, sample_weight=w, average=average),
        "f2": sk.fbeta_score(y, guess, beta=2, sample_weight=w, average=average),
    }
    if k > 2:
        out["macro_auc"] = sk.roc_auc_score(y, p, sample_weight=w, multi_class="ovr",
                                            average="macro")
    return out


def main():
    rng = np.random.default_rng(int(sys.argv[1]))
    for case in range(int(sys.argv[2])):
        k = (1, 2, 4)[case % 3]
        n = int(sys.argv[3]) + int(rng.integers(0, 10))
        y, p = regression(rng, n) if k == 1 else classes(rng, n, k)
        # Ones, whole numbers with zeros among them as in a bootstrap, any.
        w = (np.ones(n), rng.poisson(1, n).astype(float), rng.random(n))[(case // 3) % 3]
        scores = (regression_scores if k == 1 else class_scores)(y, p, w)
        print("case", k, n, len(scores))
        show("truth", y)
        show("predictions", p)
        show("weights", w)
        for name, value in scores.items():
            show(name, [value])


main()
