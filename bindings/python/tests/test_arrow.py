"""Arrow capsules, in and out."""
import gc
import unittest

import numpy as np

import imgvec
from imgvec import arrow
from imgvec._native import ffi

from support import NETWORK, Folder, optional

pyarrow = optional("pyarrow")


class Capsules(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vectorizer = imgvec.Vectorizer.fit(["pictures/00.png"], **NETWORK)
        cls.model = imgvec.Model.train({"x": list(range(40)), "y": [float(i % 7) for i in range(40)]}, target="y",
                                       folds=2, threads=1, select_blocks=False)

    def test_a_stream_of_ours_is_data_again(self):
        stream = self.model.features({"x": [3, 5, 7, 1000, 4]})
        made = imgvec.Dataset.of(stream)
        self.assertEqual(len(made), 5)
        self.assertEqual(list(made.types), ["row", "status", "x"])
        self.assertEqual([made.cell("x", row) for row in range(5)], ["3", "5", "7", "1000", "4"])

    def test_a_stream_is_taken_once(self):
        stream = self.model.features({"x": [3.0, 5.0]})
        capsule = stream.__arrow_c_stream__()
        with self.assertRaisesRegex(ValueError, "taken already"):
            stream.__arrow_c_stream__()
        del capsule
        gc.collect()

    def test_the_embedding_as_the_interface_says(self):
        """Reads the structures themselves, as a consumer without a library would."""
        paths = [f"pictures/{index:02d}.png" for index in range(3)]
        capsule = self.vectorizer.run_arrow(paths).__arrow_c_stream__()
        stream = ffi.cast("struct ArrowArrayStream *", arrow._get(capsule, b"arrow_array_stream"))
        schema, array = ffi.new("struct ArrowSchema *"), ffi.new("struct ArrowArray *")
        self.assertEqual(stream.get_schema(stream, schema), 0)
        names = [ffi.string(schema.children[index].name) for index in range(schema.n_children)]
        self.assertEqual(names, [b"row", b"status", b"embedding"])
        self.assertEqual(stream.get_next(stream, array), 0)
        values = array.children[2].children[0]
        read = np.frombuffer(ffi.buffer(values.buffers[1], 4 * values.length), np.float32).reshape(3, -1).copy()
        array.release(array)
        schema.release(schema)
        self.assertTrue(np.array_equal(read, self.vectorizer.run(paths)))

    def test_a_failing_fill_leaves_nothing(self):
        with self.assertRaises(imgvec.NotFoundError):
            self.model.features({"z": [1.0, 2.0]})

    @unittest.skipUnless(pyarrow, "pyarrow is not installed")
    def test_pyarrow_both_ways(self):
        made = imgvec.Dataset.of(pyarrow.table({"x": [1, 2, None], "t": ["a", "b", None]}))
        self.assertEqual([made.cell("x", row) for row in range(3)], ["1", "2", ""])
        batches = pyarrow.table(self.model.features({"x": [3, 5, 7]}))
        self.assertEqual(batches.column_names, ["row", "status", "x"])
        self.assertEqual(batches["x"].to_pylist(), [3.0, 5.0, 7.0])


if __name__ == "__main__":
    unittest.main()
