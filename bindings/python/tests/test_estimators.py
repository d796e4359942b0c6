"""The conventions of scikit-learn, with and without it."""
import subprocess
import sys
import unittest
import warnings

import numpy as np

import imgvec
from imgvec._native import lib

from support import NETWORK, SMALL, Folder, optional, picture

pandas = optional("pandas")
sklearn = optional("sklearn")

# Checks whose rows are random numbers do not apply to estimators whose rows are images; these do.
WITHOUT_DATA = ["check_get_params_invariance", "check_no_attributes_set_in_init", "check_set_params",
                "check_parameters_default_constructible"]


class Estimators(Folder):
    def test_images_into_embeddings(self):
        vectorizer = imgvec.ImageVectorizer(**NETWORK)
        embeddings = vectorizer.fit_transform(self.table["photo"])
        self.assertEqual(embeddings.shape, (self.rows, 1280))
        self.assertEqual(embeddings.dtype, np.float32)
        self.assertEqual(len(vectorizer.get_feature_names_out()), 1280)
        self.assertEqual(vectorizer.get_params()["backbone"], "mobilenetv2_035")

    def test_classes_of_any_kind(self):
        pixels = np.stack([picture(index, index % 2) for index in range(self.rows)])
        for classes in (np.array([3, 17]), np.array(["b", "a"]), np.array([True, False]), np.array([2.0, 1.0])):
            y = classes[np.arange(self.rows) % 2]
            model = imgvec.ImageClassifier(**SMALL).fit(pixels, y)
            self.assertEqual(list(model.classes_), sorted(set(y.tolist())))
            answers = model.predict(pixels)
            self.assertTrue(np.isin(answers, classes).all())
            p = model.predict_proba(pixels)
            self.assertEqual([model.classes_[index] for index in p.argmax(axis=1)], list(answers))
            self.assertGreater(model.score(pixels, y), 0.9)

    def test_a_row_that_cannot_be_scored(self):
        model = imgvec.ImageRegressor(**SMALL).fit(self.table["photo"], self.table["price"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answers = model.predict(["pictures/00.png", "absent.png"])
        self.assertFalse(np.isnan(answers[0]))
        self.assertTrue(np.isnan(answers[1]))

    def test_a_path_holds_the_target_too(self):
        model = imgvec.ImageClassifier(**SMALL).fit("table.csv", "kind")
        self.assertEqual(list(model.classes_), ["lying", "upright"])
        self.assertEqual(len(model.predict("table.csv")), self.rows)
        with self.assertRaises(ValueError):
            imgvec.ImageClassifier(**SMALL).fit("table.csv", "price")

    @unittest.skipUnless(pandas, "pandas is not installed")
    def test_a_frame_in_five_lines(self):
        table = pandas.DataFrame(self.table)
        X = table[["photo", "area", "words"]]
        model = imgvec.ImageRegressor(**SMALL).fit(X, table["price"])
        predicted = model.predict(X)
        self.assertGreater(model.score(X, table["price"]), 0.8)
        self.assertEqual(model.model_.info["target"], "price")
        used = {column["name"]: column["type"] for column in model.model_.info["columns"]}
        self.assertEqual(used, {"photo": "image", "area": "numeric", "words": "text"})
        self.assertTrue(np.array_equal(model.predict(X[["words", "photo", "area"]]), predicted))
        with self.assertRaisesRegex(ValueError, "now missing"):
            model.predict(X[["photo", "area"]])

    def test_unfitted(self):
        for estimator in (imgvec.ImageVectorizer(), imgvec.ImageClassifier(), imgvec.ImageRegressor(),
                          imgvec.AutoImageModel()):
            with self.assertRaisesRegex(ValueError, "not fitted"):
                (estimator.transform if hasattr(estimator, "transform") else estimator.predict)(np.ones((3, 2)))

    def test_automatic_model(self):
        estimator = imgvec.AutoImageModel(**NETWORK, options={
            "trials": 1, "epochs": 1, "time_budget": "60s", "refit": False})
        photos, kinds = self.table["photo"], self.table["kind"]
        estimator.fit(photos, kinds)
        self.assertEqual(len(estimator.model_.info["auto"]["trials"]), 2)  # and the frozen network
        p = estimator.predict_proba(photos)
        self.assertEqual(p.shape, (len(photos), len(estimator.classes_)))
        self.assertTrue(np.allclose(p.sum(axis=1), 1, atol=1e-5))
        self.assertTrue(set(estimator.predict(photos)) <= set(kinds))

    def test_options_and_learner_parameters(self):
        options = {**SMALL["options"], "xgb.max_depth": 2, "text_dim": 3}
        model = imgvec.ImageRegressor(**{**SMALL, "options": options}).fit(
            {"area": self.table["area"], "words": self.table["words"]}, self.table["price"])
        self.assertEqual(model.model_.info["options"]["text_dim"], 3)

    def test_without_scikit_learn_and_pandas(self):
        """The same in an interpreter that has neither."""
        code = """if True:
            import sys
            sys.modules["sklearn"] = sys.modules["pandas"] = sys.modules["tqdm"] = None
            import numpy as np, imgvec
            model = imgvec.ImageRegressor(folds=2, threads=1, progress=True)
            assert model.get_params()["folds"] == 2 and "folds=2" in repr(model), repr(model)
            X = np.arange(60.0).reshape(30, 2)
            assert model.fit(X, X[:, 0] * 2).score(X, X[:, 0] * 2) > 0.8
            try:
                model.set_params(nothing=1)
            except ValueError as error:
                assert "nothing" in str(error)
            try:
                imgvec.ImageClassifier().predict(X)
            except ValueError as error:
                print(error)
        """
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("not fitted", done.stdout)
        self.assertIn("done", done.stderr)


@unittest.skipUnless(sklearn, "scikit-learn is not installed")
class ScikitLearn(Folder):
    def test_clone_and_pipeline(self):
        from sklearn.base import clone
        from sklearn.linear_model import RidgeClassifier
        from sklearn.model_selection import cross_val_score
        from sklearn.pipeline import make_pipeline

        pipeline = make_pipeline(imgvec.ImageVectorizer(**NETWORK), RidgeClassifier())
        self.assertEqual(clone(pipeline).get_params()["imagevectorizer__weights"], "random")
        scores = cross_val_score(pipeline, np.array(self.table["photo"]), self.table["kind"], cv=3)
        self.assertGreater(scores.mean(), 0.8)

    @unittest.skipUnless(pandas, "pandas is not installed")
    def test_output_as_frames(self):
        vectorizer = imgvec.ImageVectorizer(dim=3, **NETWORK).set_output(transform="pandas")
        frame = vectorizer.fit_transform(pandas.DataFrame({"photo": self.table["photo"]}))
        self.assertEqual(list(frame.columns), ["embedding0", "embedding1", "embedding2"])

    def test_estimator_checks(self):
        """All that scikit-learn has for estimators of tables."""
        from sklearn.utils.estimator_checks import check_estimator

        count = 0
        for estimator in (imgvec.ImageClassifier(folds=2, rounds=20, threads=1),
                          imgvec.ImageRegressor(folds=2, rounds=20, threads=1)):
            for instance, check in check_estimator(estimator, generate_only=True):
                name = getattr(check, "func", check).__name__
                with self.subTest(name, estimator=type(estimator).__name__), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        check(instance)
                    except unittest.SkipTest as skipped:
                        print(f"{type(estimator).__name__} {name}: skipped, {skipped}")
                count += 1
        self.assertGreater(count, 60)

    def test_checks_without_data(self):
        from sklearn.utils import estimator_checks

        for estimator in (imgvec.ImageVectorizer(), imgvec.AutoImageModel()):
            for name in WITHOUT_DATA:
                with self.subTest(name, estimator=type(estimator).__name__):
                    getattr(estimator_checks, name)(type(estimator).__name__, estimator)


if __name__ == "__main__":
    unittest.main()
