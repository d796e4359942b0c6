"""Archives of photos that no test material holds, made from photos that it does.
  photos.py large SOURCE COUNT PATH
  photos.py small SOURCE COUNT PATH"""
import io
import os
import random
import subprocess
import sys
import zipfile

from PIL import Image


def jpegs(archive):
    with zipfile.ZipFile(archive) as z:
        names = sorted(n for n in z.namelist() if n.lower().endswith(".jpg"))
        return [(n, z.read(n)) for n in names]


def spread_out(items, count):
    return items[:: max(1, len(items) // count)][:count]


def large(source, count, path):
    """Photos of 12 megapixels, enlarged and with a sensor's noise, in one class folder."""
    noise = Image.merge("RGB", [Image.effect_noise((4000, 3000), 24) for _ in range(3)])
    with zipfile.ZipFile(path, "w") as z:
        for i, (_, data) in enumerate(spread_out(jpegs(source), count)):
            image = Image.open(io.BytesIO(data)).convert("RGB").resize((4000, 3000), Image.BICUBIC)
            out = io.BytesIO()
            Image.blend(image, noise, 0.25).save(out, "JPEG", quality=92)
            z.writestr(f"photos/{i:03}.jpg", out.getvalue())


def small(source, count, path):
    """Pictures of 64 x 64, no two the same: each has another pixel and another comment."""
    drawn = random.Random(1)
    base = [Image.open(io.BytesIO(data)).convert("RGB").resize((64, 64), Image.BILINEAR)
            for _, data in spread_out(jpegs(source), 200)]
    with zipfile.ZipFile(path, "w") as z:
        for i in range(count):
            image = base[i % len(base)]
            image.putpixel((drawn.randrange(64), drawn.randrange(64)),
                           tuple(drawn.randrange(256) for _ in range(3)))
            out = io.BytesIO()
            image.save(out, "JPEG", quality=90, comment=str(i).encode())
            z.writestr(f"pictures/{i:06}.jpg", out.getvalue())


def made(bench, kind, source, count):
    """Path of an archive, which a process of its own draws: the memory of the one that measures
    counts in the peaks of those that it starts."""
    path = os.path.join(bench.scratch, f"{kind}-{count}.zip")
    if not os.path.exists(path):
        subprocess.run([bench.python, bench.here("photos.py"), kind, source, str(count), path],
                       check=True)
    return path


if __name__ == "__main__":
    {"large": large, "small": small}[sys.argv[1]](sys.argv[2], int(sys.argv[3]), sys.argv[4])
