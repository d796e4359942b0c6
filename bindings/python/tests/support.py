"""Pictures and tables that the tests draw themselves."""
import os
import shutil
import struct
import tempfile
import unittest
import zlib

import numpy as np

NETWORK = {"backbone": "mobilenetv2_035", "weights": "random", "threads": 1}
SMALL = {**NETWORK, "dim": 4, "folds": 2, "rounds": 20, "options": {"select_blocks": False}}


def png(pixels):
    """The bytes of a PNG file of rows of RGB."""
    height, width, _ = pixels.shape
    raw = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def picture(index, kind):
    """A bar on a noisy ground: upright for kind 0, lying for kind 1."""
    noise = np.random.default_rng(index)
    pixels = noise.integers(0, 60, (48, 48, 3), dtype=np.uint8)
    at = int(noise.integers(8, 32))
    if kind:
        pixels[at:at + 6, 4:44] = 220
    else:
        pixels[4:44, at:at + 6] = 220
    return pixels


def table(rows=24):
    """Columns of a small data set with names of pictures, numbers, texts and a class."""
    noise = np.random.default_rng(7)
    kinds = np.arange(rows) % 2
    area = np.round(noise.uniform(20, 90, rows), 2)
    return {
        "photo": [f"pictures/{index:02d}.png" for index in range(rows)],
        "area": area,
        "words": [f"a {'bright' if index % 3 else 'dark'} flat near the {'lake' if kind else 'wood'} number {index}"
                  for index, kind in enumerate(kinds)],
        "kind": np.array(["lying" if kind else "upright" for kind in kinds], dtype=object),
        "price": np.round(area * 3 + kinds * 40 + noise.normal(0, 2, rows), 2),
    }


def write_csv(path, columns):
    """The columns as a CSV file; numbers by repr, so that nothing is lost."""
    names = list(columns)
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(names) + "\n")
        for row in zip(*columns.values()):
            file.write(",".join(repr(float(cell)) if isinstance(cell, float) else str(cell) for cell in row) + "\n")


class Folder(unittest.TestCase):
    """A test in a folder of its own with pictures/NN.png and table.csv, and self.table."""

    rows = 24

    @classmethod
    def setUpClass(cls):
        cls.before = os.getcwd()
        cls.folder = tempfile.mkdtemp()
        os.chdir(cls.folder)
        os.mkdir("pictures")
        cls.table = table(cls.rows)
        for index in range(cls.rows):
            with open(f"pictures/{index:02d}.png", "wb") as file:
                file.write(png(picture(index, index % 2)))
        write_csv("table.csv", cls.table)

    @classmethod
    def tearDownClass(cls):
        os.chdir(cls.before)
        shutil.rmtree(cls.folder)


def optional(name):
    """The module, or None: tests that need it are skipped aloud."""
    try:
        return __import__(name)
    except ImportError:
        return None
