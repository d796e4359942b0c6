"""Every status as its exception; exceptions of callbacks."""
import unittest

import imgvec
from imgvec import errors
from imgvec._native import ffi, lib

from support import NETWORK, Folder


class Statuses(unittest.TestCase):
    def test_each_status_has_one_class(self):
        numbers = [value for name, value in vars(lib).items() if name.startswith("IMGVEC_ERR_")] or \
            [getattr(lib, name) for name in dir(lib) if name.startswith("IMGVEC_ERR_")]
        self.assertGreaterEqual(len(numbers), 11)
        self.assertEqual(sorted(errors.BY_STATUS), sorted(numbers))
        for number in numbers:
            record = ffi.new("imgvec_error *", {"code": number, "origin": 1, "detail": 7, "text": b"why \xc3\xa4"})
            with self.assertRaises(errors.BY_STATUS[number]) as caught:
                errors.fail(number, record)
            self.assertEqual(str(caught.exception), "why \u00e4")
            self.assertEqual((caught.exception.status, caught.exception.origin, caught.exception.detail), (number, 1, 7))
            self.assertNotEqual(imgvec.status_name(number), "UNKNOWN")

    def test_a_status_of_a_newer_library(self):
        with self.assertRaises(imgvec.ImgvecError):
            errors.fail(-99, ffi.new("imgvec_error *", {"text": b"new"}))


class Calls(Folder):
    def test_not_found(self):
        with self.assertRaisesRegex(imgvec.NotFoundError, "absent.imgvec"):
            imgvec.Model.open("absent.imgvec")
        with self.assertRaisesRegex(imgvec.NotFoundError, "cost"):
            imgvec.Model.train("table.csv", target="cost", **NETWORK)

    def test_format(self):
        with open("damaged.imgvec", "wb") as file:
            file.write(b"no model" * 100)
        with self.assertRaisesRegex(imgvec.FormatError, "damaged.imgvec"):
            imgvec.Model.open("damaged.imgvec")

    def test_invalid_argument_is_a_value_error(self):
        with self.assertRaisesRegex(ValueError, "folds"):
            imgvec.Model.train("table.csv", target="price", folds=-3)
        with self.assertRaisesRegex(imgvec.InvalidArgumentError, "fold_count"):
            imgvec.Model.train("table.csv", target="price", fold_count=3)

    def test_limit(self):
        with self.assertRaisesRegex(imgvec.LimitError, "max_csv_columns"):
            imgvec.Dataset.open("table.csv", max_csv_columns=2)

    def test_data(self):
        with self.assertRaises(imgvec.DataError):
            imgvec.Model.train({"x": [1.0, 2.0, 3.0], "y": [5.0, 5.0, 5.0]}, target="y")

    def test_io(self):
        model = imgvec.Model.train({"x": list(range(20)), "y": [float(i % 7) for i in range(20)]}, target="y", threads=1,
                                   folds=2)
        with self.assertRaises(OSError) as caught:
            model.save("pictures")  # a folder
        self.assertIsInstance(caught.exception, imgvec.ImgvecError)

    def test_an_exception_of_a_progress_callback_stops_the_job(self):
        def stop(now):
            raise KeyError(now.stage)

        with self.assertRaises(KeyError):
            imgvec.Model.train("table.csv", target="price", progress=stop, **NETWORK)

    def test_cancel(self):
        token = imgvec.Cancel()
        token.request()
        self.assertTrue(token.requested)
        with self.assertRaises(imgvec.CancelledError):
            imgvec.Model.train("table.csv", target="price", cancel=token, **NETWORK)

    def test_a_bad_image_is_a_warning_and_a_status(self):
        model = imgvec.Vectorizer.fit(["pictures/00.png"], **NETWORK)
        with self.assertWarnsRegex(UserWarning, "absent.png"):
            result = model.run(["pictures/00.png", "absent.png"])
        self.assertFalse(any(result[0] != result[0]))
        self.assertTrue(all(result[1] != result[1]))


if __name__ == "__main__":
    unittest.main()
