"""Models and vectorizers: bits, files, threads, memory."""
import gc
import json
import pickle
import resource
import shutil
import subprocess
import threading
import time
import unittest

import numpy as np

import imgvec

from support import NETWORK, Folder, picture

OPTIONS = {**NETWORK, "dim": 4, "folds": 2, "rounds": 20, "select_blocks": False, "image_features": "projection"}
PROGRAM = shutil.which("imgvec")


class Bits(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = imgvec.Model.train("table.csv", target="kind", **OPTIONS)
        cls.model.save("kind.imgvec")

    @unittest.skipUnless(PROGRAM, "the program imgvec is not in PATH")
    def test_predictions_are_those_of_the_program(self):
        told = json.loads(subprocess.run([PROGRAM, "predict", "kind.imgvec", "table.csv", "--json"], check=True,
                                         capture_output=True).stdout)
        program = np.array([[row["p"][name] for name in self.model.outputs] for row in told["predictions"]],
                           dtype=np.float32)
        self.assertEqual(program.shape, (self.rows, 2))
        self.assertTrue(np.array_equal(self.model.predict("table.csv"), program))
        self.assertTrue(np.array_equal(self.model.predict(self.table), program))

    @unittest.skipUnless(PROGRAM, "the program imgvec is not in PATH")
    def test_training_is_that_of_the_program(self):
        words = [f"--{name.replace('_', '-')}={str(value).lower() if isinstance(value, bool) else value}"
                 for name, value in OPTIONS.items()]
        done = subprocess.run([PROGRAM, "train", "table.csv", "--target", "kind", "-o", "program.imgvec"] + words,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr[-500:])
        other = imgvec.Model.open("program.imgvec")
        self.assertEqual(other.info["metrics"], self.model.info["metrics"])
        self.assertTrue(np.array_equal(other.predict("table.csv"), self.model.predict("table.csv")))

    def test_training_from_memory_is_that_from_the_file(self):
        other = imgvec.Model.train(self.table, target="kind", **OPTIONS)
        self.assertEqual(other.info["metrics"], self.model.info["metrics"])
        self.assertTrue(np.array_equal(other.predict("table.csv"), self.model.predict("table.csv")))

    def test_saved_opened_pickled(self):
        expected = self.model.predict("table.csv")
        for name, other in {"opened": imgvec.Model.open("kind.imgvec"),
                            "pickled": pickle.loads(pickle.dumps(self.model))}.items():
            self.assertTrue(np.array_equal(other.predict("table.csv"), expected), name)
        self.assertEqual(imgvec.Model.describe_file("kind.imgvec")["target"], "kind")
        self.assertEqual(len(imgvec.Model.compare_files("kind.imgvec", "kind.imgvec")["models"]), 2)
        self.assertIn("accuracy", self.model.evaluate("table.csv")["metrics"])

    def test_a_row_alone_has_the_bits_it_has_among_others(self):
        whole = self.model.predict(self.table)
        for row in (0, 11):
            alone = self.model.predict({name: values[row:row + 1] for name, values in self.table.items()})
            self.assertTrue(np.array_equal(alone, whole[row:row + 1]), row)

    def test_status(self):
        rows = {name: list(values[:3]) for name, values in self.table.items()}
        rows["photo"][1] = "absent.png"
        result, status = self.model.predict_status(rows)
        self.assertEqual(status[0], 0)
        self.assertEqual(status[2], 0)
        self.assertEqual(len(result), 3)

    def test_scorer(self):
        """Rows one by one have the bits of the table, from pixels, bytes and paths alike."""
        expected = self.model.predict(self.table)
        scorer = imgvec.Scorer(self.model)
        for row in range(self.rows):
            cells = {name: values[row] for name, values in self.table.items() if name not in ("kind", "price")}
            with open(cells["photo"], "rb") as file:
                photo = file.read()
            for given in (cells["photo"], photo, picture(row, row % 2)):
                self.assertTrue(np.array_equal(scorer.score(cells, photo=given), expected[row]), row)
                self.assertEqual(scorer.status, 0)
        with self.assertRaises(imgvec.NotFoundError):
            scorer.score(cells, colour="red")
        # What was given with the refused row is not in the next one.
        fresh = imgvec.Scorer(self.model).score(photo=photo)
        self.assertFalse(np.array_equal(fresh, expected[row]))
        self.assertTrue(np.array_equal(scorer.score(photo=photo), fresh))
        alone = imgvec.Model.train({"photo": self.table["photo"], "kind": self.table["kind"]}, target="kind", **OPTIONS)
        scorer = imgvec.Scorer(alone, max_image_side=40)
        self.assertTrue(np.isnan(scorer.score(photo=photo)).all())
        self.assertEqual(imgvec.status_name(scorer.status), "LIMIT")

    def test_eight_threads_one_model(self):
        expected, wrong = self.model.predict(self.table), []

        def score():
            for _ in range(2):
                if not np.array_equal(self.model.predict(self.table), expected):
                    wrong.append(threading.get_ident())

        threads = [threading.Thread(target=score) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_others_run_during_a_job(self):
        """The interpreter's lock is free while the library works: another thread gets its turn
        between two reports of progress, which it could not by these callbacks alone."""
        reports, ticks, done = [], [], threading.Event()

        def tick():
            while not done.is_set():
                ticks.append(time.monotonic())
                time.sleep(0.001)

        other = threading.Thread(target=tick)
        other.start()
        imgvec.Model.train("table.csv", target="price", progress=lambda now: reports.append(time.monotonic()), **OPTIONS)
        done.set()
        other.join()
        spans = zip([reports[0]] + reports, reports)
        inside = max(sum(1 for tick in ticks if start + 0.001 < tick < end - 0.001) for start, end in spans)
        self.assertGreater(inside, 5)

    def test_memory_does_not_grow(self):
        row = {name: values[:1] for name, values in self.table.items()}
        for _ in range(20):
            self.model.predict(row)
            imgvec.Dataset.of(self.table)
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(80):
            self.model.predict(row)
            imgvec.Dataset.of(self.table).describe()
            self.model.features(row)
            imgvec.Cancel()
        gc.collect()
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 8 * 1024)

    def test_handles_outlive_each_other(self):
        model = imgvec.Model.open("kind.imgvec")
        stream = model.features(self.table)
        del model
        gc.collect()
        self.assertEqual(len(imgvec.Dataset.of(stream)), self.rows)

    def test_vectorizer_file(self):
        paths = self.table["photo"]
        fitted = imgvec.Vectorizer.fit(paths, dim=5, **NETWORK)
        self.assertEqual((fitted.width, fitted.run(paths).shape), (5, (self.rows, 5)))
        fitted.save("v.imgvec")
        self.assertTrue(np.array_equal(imgvec.Vectorizer.open("v.imgvec").run(paths), fitted.run(paths)))
        self.assertEqual(fitted.info["kind"], "vectorizer")


if __name__ == "__main__":
    unittest.main()
