"""Scores data with a saved model: score.py MODEL DATA. The lines are those of c-plain."""
import struct
import sys

import imgvec


def main(model_path: str, data_path: str) -> None:
    model = imgvec.Model.open(model_path)
    scores, status = model.predict_status(data_path)
    for row, values in enumerate(scores):
        words = [str(row)]
        if status[row]:
            words.append(imgvec.status_name(status[row]))
        else:
            for name, value in zip(model.outputs, values):
                bits = struct.pack(">f", value).hex()
                words.append(f"{name}={value:.6f}/{bits}")
        print(" ".join(words))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (TypeError, imgvec.ImgvecError) as error:
        sys.exit(f"score: {error}")
