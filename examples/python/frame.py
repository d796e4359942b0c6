"""Trains on a DataFrame of image paths, numbers and texts in five lines: frame.py DATA.csv TARGET"""
import sys

import pandas
from imgvec import ImageRegressor

table, target = pandas.read_csv(sys.argv[1]), sys.argv[2]
options = {"weights": "random", "backbone": "mobilenetv2_035", "dim": 4, "folds": 2}  # for real photos: none
model = ImageRegressor(**options).fit(table.drop(columns=target), table[target])
print(model.model_.info["metrics"])
print(model.predict(table.drop(columns=target))[:3])
