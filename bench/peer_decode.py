"""Photos from a zip to the pixels that a network gets, by Pillow, on one thread; answers lines of
seconds (turns.py). The crop is made, as by torchvision's transforms; what is left to do then, from
bytes to normalised numbers, is not.
  peer_decode.py ARCHIVE [draft]    draft: JPEGs may be decoded at a half, quarter or eighth"""
import io
import sys
import time
import zipfile

from PIL import Image

SIDE, CROP = 256, 224


def prepare(data, draft):
    image = Image.open(io.BytesIO(data))
    if draft:
        image.draft("RGB", (SIDE, SIDE))
    image = image.convert("RGB")
    width, height = image.size
    short = min(width, height)
    size = round(width * SIDE / short), round(height * SIDE / short)
    image = image.resize(size, Image.BILINEAR)
    left, top = (size[0] - CROP) // 2, (size[1] - CROP) // 2
    image.crop((left, top, left + CROP, top + CROP)).load()


def main():
    archive, draft = zipfile.ZipFile(sys.argv[1]), sys.argv[2:] == ["draft"]
    names = [n for n in archive.namelist() if n.lower().endswith((".jpg", ".jpeg"))]
    prepare(archive.read(names[0]), draft)
    print("ready", flush=True)
    at = 0
    for line in sys.stdin:
        begin = now = time.perf_counter()
        done = 0
        while done == 0 or now - begin < float(line):
            prepare(archive.read(names[at]), draft)
            at = (at + 1) % len(names)
            done += 1
            now = time.perf_counter()
        print(done, now - begin, flush=True)


main()
