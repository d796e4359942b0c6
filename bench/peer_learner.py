"""The same cross-validation and final fit by calling XGBoost directly, fold after fold with all
threads; answers lines of seconds (turns.py).
  peer_learner.py TASK COLUMNS CLASSES FOLDS ROUNDS THREADS FOLDER [xgb.NAME=VALUE ...]
Before, prints nothing but "ready"; ends with status 3 when its predictions are not ours."""
import os
import sys
import time

import numpy
import xgboost

MOST_OFF = 1e-4  # mean over rows; a split between near equal gains may fall either way


def main():
    task, columns, classes, folds, rounds, threads, folder, *pairs = sys.argv[1:]
    columns, classes, folds, rounds = int(columns), int(classes), int(folds), int(rounds)

    def read(name, kind):
        return numpy.fromfile(os.path.join(folder, name), kind)

    x, y = read("x.raw", numpy.float32).reshape(-1, columns), read("y.raw", numpy.float32)
    fold, ours = read("fold.raw", numpy.int32), read("predictions.raw", numpy.float32)
    params = {"tree_method": "hist", "nthread": int(threads), "seed": 1,
              "disable_default_eval_metric": 1, **dict(p[4:].split("=") for p in pairs)}
    if task == "regression":
        params["objective"] = "reg:squarederror"
    else:
        params.update(objective="multi:softprob", num_class=classes, base_score=0.5)

    def fit(rows):
        if task == "regression":
            params["base_score"] = float(y[rows].astype(float).mean())
        return xgboost.train(params, xgboost.DMatrix(x[rows], y[rows], nthread=int(threads)),
                             rounds)

    def validate():
        out = numpy.empty((len(y), max(1, classes)), numpy.float32)
        for f in range(folds):
            valid = fold == f
            predicted = fit(~valid).predict(xgboost.DMatrix(x[valid], nthread=int(threads)))
            out[valid] = predicted.reshape(len(predicted), -1)
        fit(numpy.ones(len(y), bool))
        return out

    off = numpy.abs(validate().ravel() - ours).mean()
    if not off <= MOST_OFF:
        print(f"predictions are {off:.1e} off in the mean", file=sys.stderr)
        return 3
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        validate()
        print(1, time.perf_counter() - begin, flush=True)
    return 0


sys.exit(main())
