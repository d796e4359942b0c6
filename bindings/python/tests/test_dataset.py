"""What Python has in memory, as datasets."""
import datetime
import pathlib
import unittest

import numpy as np

import imgvec
from imgvec import columns

from support import NETWORK, Folder, optional, picture, png

pandas = optional("pandas")
pillow = optional("PIL.Image")


class Forms(Folder):
    def types(self, data, **options):
        return imgvec.Dataset.of(data, **options).types

    def test_a_table_is_typed_as_its_csv_file(self):
        expected = imgvec.Dataset.open("table.csv").types
        self.assertEqual(expected, {"photo": "image", "area": "numeric", "words": "text", "kind": "categorical",
                                    "price": "numeric"})
        self.assertEqual(self.types(self.table), expected)
        if pandas:
            self.assertEqual(self.types(pandas.DataFrame(self.table)), expected)

    def test_cells(self):
        made = imgvec.Dataset.of(self.table)
        opened = imgvec.Dataset.open("table.csv")
        self.assertEqual(len(made), self.rows)
        for name in ("area", "words", "kind", "price"):
            for row in range(self.rows):
                self.assertEqual(float(made.cell(name, row)) if name in ("area", "price") else made.cell(name, row),
                                 float(opened.cell(name, row)) if name in ("area", "price") else opened.cell(name, row))
        with self.assertRaises(imgvec.NotFoundError):
            made.cell("cost", 0)
        long = imgvec.Dataset.of({"t": ["x" * 5000 + str(i) for i in range(9)]}, types={"t": "text"})
        self.assertEqual(len(long.cell("t", 8)), 5001)

    def test_numbers_of_an_array_are_numeric_as_they_are(self):
        self.assertEqual(self.types(np.ones((9, 2), np.int32)), {"x0": "numeric", "x1": "numeric"})
        self.assertEqual(self.types(np.arange(9.0).reshape(9, 1).astype(np.float16)), {"x0": "numeric"})

    def test_types_by_hand(self):
        self.assertEqual(self.types({"code": list(range(40)), "t": ["a b c"] * 20 + ["d"] * 20},
                                    types={"code": "categorical", "t": "text"}), {"code": "categorical", "t": "text"})

    def test_missing_values(self):
        made = imgvec.Dataset.of({"n": [1.5, None, float("nan"), 2.5], "t": ["a", None, "b", ""],
                                  "f": [True, None, False, True]})
        self.assertEqual([made.cell("n", row) for row in range(4)], ["1.5", "", "", "2.5"])
        self.assertEqual([made.cell("t", row) for row in range(4)], ["a", "", "b", ""])
        self.assertEqual([made.cell("f", row) for row in range(4)], ["true", "", "false", "true"])

    def test_dates(self):
        days = [datetime.date(2020, 1 + index % 12, 1 + index) for index in range(20)]
        self.assertEqual(self.types({"d": days})["d"], "date")
        self.assertEqual(self.types({"d": np.array(days, dtype="datetime64[D]")})["d"], "date")
        self.assertEqual(imgvec.Dataset.of({"d": np.array(days, "datetime64[ns]")}).cell("d", 1), "2020-02-02")

    def test_images_in_every_form_have_the_same_embedding(self):
        pixels = [picture(index, 0) for index in range(3)]
        vectorizer = imgvec.Vectorizer.fit(["pictures/00.png"], **NETWORK)
        expected = vectorizer.run([f"pictures/{index:02d}.png" for index in (0, 2, 4)])
        pixels = [picture(index, 0) for index in (0, 2, 4)]
        forms = {
            "bytes": [png(image) for image in pixels],
            "paths": [pathlib.Path(f"pictures/{index:02d}.png") for index in (0, 2, 4)],
            "arrays": pixels,
            "one array": np.stack(pixels),
            "text array": np.array([f"pictures/{index:02d}.png" for index in (0, 2, 4)]),
            "mixed": [pixels[0], png(pixels[1]), "pictures/04.png"],
        }
        if pillow:
            forms["Pillow"] = [pillow.Image.fromarray(image) for image in pixels]
        for name, form in forms.items():
            with self.subTest(name):
                self.assertTrue(np.array_equal(vectorizer.run(form), expected))

    def test_wrong_forms(self):
        with self.assertRaisesRegex(ValueError, "different lengths"):
            imgvec.Dataset.of({"a": [1, 2], "b": [1]})
        with self.assertRaisesRegex(TypeError, "DataFrame"):
            imgvec.Dataset.of(7)
        with self.assertRaisesRegex(ValueError, "uint8"):
            imgvec.Dataset.of([np.zeros((4, 4, 3))])
        with self.assertRaisesRegex(ValueError, "channels"):
            imgvec.Dataset.of([np.zeros((4, 4, 5), np.uint8)])

    @unittest.skipUnless(pandas, "pandas is not installed")
    def test_pandas_kinds(self):
        frame = pandas.DataFrame({
            "c": pandas.Categorical([str(i % 3) for i in range(12)]),
            "i": pandas.array([1, None] * 6, dtype="Int64"),
            "s": pandas.array([f"t{i % 2}" for i in range(12)], dtype="string"),
            "b": pandas.array([True, None, False] * 4, dtype="boolean"),
            "when": pandas.date_range("2021-03-01", periods=12),
        })
        made = imgvec.Dataset.of(frame)
        self.assertEqual(made.types["c"], "categorical")
        self.assertEqual([made.cell("i", row) for row in range(2)], ["1", ""])
        self.assertEqual([made.cell("b", row) for row in range(3)], ["true", "", "false"])
        self.assertEqual(made.types["when"], "date")
        twice = pandas.concat([frame["c"], frame["c"]], axis=1)
        with self.assertRaisesRegex(ValueError, "one name"):
            imgvec.Dataset.of(twice)

    def test_missing_is_recognised(self):
        for value in (None, float("nan"), np.float32("nan"), np.datetime64("NaT")):
            self.assertTrue(columns.is_missing(value), value)
        for value in (0, "", b"", "nan", np.zeros(3), False):
            self.assertFalse(columns.is_missing(value), value)


if __name__ == "__main__":
    unittest.main()
