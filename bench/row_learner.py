"""Cross-validation of boosted trees and the final fit on all rows, on drawn numbers, beside calling
XGBoost directly for the same folds with the same parameters, rounds and threads. Both give the same
predictions. No early stopping and nothing to choose, which only this library does."""
import os

from result import OURS, result
from turns import Server, take_turns

TITLE = "Cross-validated learner"
PEER = "XGBoost"
PARAMETERS = ["eta=0.1", "max_depth=5", "min_child_weight=1", "subsample=0.8",
              "colsample_bytree=0.5", "lambda=1", "max_bin=64"]


def measure(bench):
    results = []
    rounds = "20" if bench.quick else "100"
    for task, rows, columns, classes in (("multiclass", 3000, 100, 10),
                                         ("regression", 20000, 50, 0)):
        folder = os.path.join(bench.scratch, task)
        os.makedirs(folder)
        common = [str(classes), "5", rounds, str(bench.threads), folder,
                  *(f"xgb.{p}" for p in PARAMETERS)]
        ours = Server([bench.program("learner"), task, str(rows), str(columns), *common])
        ours.open()  # its files are what the peer reads
        peer = Server([bench.python, bench.here("peer_learner.py"), task, str(columns), *common])
        rates = take_turns({OURS: ours, PEER: peer}, bench.rounds)
        seconds = {name: [1 / r for r in values] for name, values in rates.items()}
        target = f"{classes} classes" if classes else "a number"
        work = f"{rows} rows, {columns} columns, {target}, 5 folds, {rounds} rounds"
        results.append(result(work, "s", seconds, {PEER: ("<=", 1.05)}))
        bench.say(results[-1])
    return results
