"""A table in a CSV file: drawn, and read. Prints the seconds of the reading and the peak of memory
in kilobytes.
  peer_csv.py draw PATH ROWS
  peer_csv.py imgvec PATH LIBRARY
  peer_csv.py pandas PATH"""
import ctypes
import random
import resource
import sys
import time

WORDS = ("house garden quiet street large bright view new kitchen near park old lovely south "
         "lake floor wood stone renovated double").split()


def draw(path, rows):
    """Ten columns of numbers, and categories, codes, booleans, dates, ids and texts."""
    r = random.Random(7)
    names = [f"n{i}" for i in range(10)] + ["colour", "city", "code", "flag", "day", "moment",
                                            "id", "text", "price", "gap"]
    colours = ["red", "green", "blue", "black", "white"]
    cities = [f"city {i}" for i in range(400)]
    with open(path, "w") as out:
        out.write(",".join(names) + "\n")
        for row in range(rows):
            cells = [str(r.randrange(100000)) for _ in range(5)]
            cells += [f"{r.random() * 1000:.6f}" for _ in range(5)]
            cells += [r.choice(colours), r.choice(cities), f"C{r.randrange(50000)}",
                      r.choice(("yes", "no")),
                      f"20{r.randrange(10, 24)}-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}",
                      f"2020-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}T"
                      f"{r.randrange(24):02}:{r.randrange(60):02}:00",
                      f"user{row}", '"' + " ".join(r.choices(WORDS, k=8)) + ', and more"',
                      f"{r.gauss(500000, 100000):.2f}", str(row) if r.random() > 0.3 else ""]
            out.write(",".join(cells) + "\n")


def read_ours(path, library):
    lib = ctypes.CDLL(library)
    context, dataset = ctypes.c_void_p(), ctypes.c_void_p()
    error = ctypes.create_string_buffer(1024)
    if lib.imgvec_context_new(ctypes.byref(context), error) != 0:
        raise SystemExit("no context")
    begin = time.time()
    if lib.imgvec_dataset_open(context, path.encode(), None, None, ctypes.byref(dataset),
                               error) != 0:
        raise SystemExit(error.raw[16:].split(b"\0")[0].decode())
    return time.time() - begin


def read_pandas(path):
    import pandas
    begin = time.time()
    pandas.read_csv(path)
    return time.time() - begin


def main():
    job, path, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    if job == "draw":
        draw(path, int(rest[0]))
        return
    taken = read_ours(path, *rest) if job == "imgvec" else read_pandas(path)
    print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


main()
