"""Writes the C source of imgvec._native: build_native.py BRIDGE HEADERS OUTPUT.

The declarations are the installed headers themselves, so there is no second list to keep: what a
header declares, the module has, and the C compiler compares both when the module is built.
"""
import re
import sys
from pathlib import Path

import cffi

ORDER = [
    "error", "context", "options", "watch", "dataset", "vectorizer", "model", "arrow", "augment",
    "backbone", "version",
]

CALLBACKS = """
extern "Python" {
    int32_t imgvec_py_progress(void *user, const imgvec_progress *now);
    void imgvec_py_problem(void *user, const imgvec_problem *problem);
    void imgvec_py_log(void *user, int32_t level, const char *text);
}
"""


def declarations(header: str) -> str:
    """What a public header declares, without comments, preprocessor lines and attributes."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.S)
    text = re.sub(r"^#(?!define IMGVEC_API_VERSION_|define IMGVEC_VERSION_STRING).*$", "", text, flags=re.M)
    text = re.sub(r"^#define (IMGVEC_API_VERSION_\w+) .*$", r"#define \1 ...", text, flags=re.M)
    text = re.sub(r"^#define IMGVEC_VERSION_STRING.*$", "", text, flags=re.M)
    text = re.sub(r"\bIMGVEC_(API|MUST_USE)\b", "", text)
    return text


def bridge_declarations(bridge: str) -> str:
    """The functions of bridge.h that Python calls: those between its two marks."""
    return bridge.split("/* declared to Python */")[1].split("/* end */")[0]


def main(bridge_path: str, headers_path: str, output: str) -> None:
    headers = Path(headers_path)
    names = ORDER + sorted(
        path.stem for path in headers.glob("*.h") if path.stem not in ORDER + ["imgvec", "export"])
    text = "".join(declarations((headers / f"{name}.h").read_text()) for name in names)
    bridge = Path(bridge_path).read_text()
    ffi = cffi.FFI()
    ffi.cdef(text + bridge_declarations(bridge) + CALLBACKS)
    ffi.set_source("imgvec._native", '#include <imgvec/imgvec.h>\n#include "bridge.h"\n')
    ffi.emit_c_code(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
