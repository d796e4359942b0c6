"""Photos from a zip to the input of a network (224 x 224), on one thread: decoding, resizing and
normalising as the embedding does it, beside Pillow, which decodes, resizes and crops but does not
normalise; with draft, which few use, Pillow decodes at a fraction of the size. libjpeg-turbo alone
decodes the same photos at full size from memory, and does nothing else."""
import photos
from result import OURS, result
from turns import Server, take_turns

TITLE = "Decoding and resizing, one core"
PEER = "Pillow"


def measure(bench):
    source = bench.material("data", "clothing_valid.zip")
    script, program = bench.here("peer_decode.py"), bench.program("decode")
    results = []
    large = photos.made(bench, "large", source, bench.large)
    for work, archive in (("photos of 264 x 352 or so", source),
                          ("photos of 4000 x 3000", large)):
        ways = {
            OURS: Server([program, archive, "1"]),
            PEER: Server([bench.python, script, archive]),
            "Pillow, draft": Server([bench.python, script, archive, "draft"]),
            "libjpeg-turbo": Server([program, "jpeg", archive]),
        }
        rates = take_turns(ways, bench.rounds, bench.seconds)
        results.append(result(work, "images/s", rates, {PEER: (">=", 2)}))
    return results
