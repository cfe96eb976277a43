"""Golden files by the reference library, and a check of ours with it.

    python3 tests/reference/safetensors_files.py
        writes tests/model/store/golden/python.safetensors, python.txt (its
        values) and python_f32.safetensors (what our writer must give, byte
        for byte)
    python3 tests/reference/safetensors_files.py FILE...
        reads files of ours with the reference library and prints what is in
        them

Wants the package safetensors (pip install safetensors==0.5.3 numpy).
"""
import struct
import sys

import numpy
import safetensors
from safetensors.numpy import load_file, save_file

GOLDEN = "tests/model/store/golden/"
LONG = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def bf16(values):
    bits = numpy.asarray(values, numpy.float32).view(numpy.uint32)
    return (bits >> 16).astype(numpy.uint16)


def main():
    f32 = numpy.array([[1.5, -2.25, 1e-30], [3e38, 0.1, -0.0]], numpy.float32)
    half = numpy.array(
        [1, -2, 0.333, 65504, 6e-8, -6.1e-5, 0, numpy.inf, -0.0],
        numpy.float16).reshape(3, 3)
    brain = bf16([1, -3.14159, 1e38, 1e-39, 0.1])
    tensors = {
        "w.f32": ("F32", f32.shape, f32.tobytes()),
        "a.half": ("F16", half.shape, half.tobytes()),
        "brain": ("BF16", brain.shape, brain.tobytes()),
        "scalar": ("F32", (), struct.pack("<f", 42.5)),
        "none": ("F32", (0, 4), b""),
        "größe": ("F32", (1,), struct.pack("<f", 7)),
    }
    safetensors.serialize_file(
        {name: {"dtype": LONG[d], "shape": s, "data": b}
         for name, (d, s, b) in tensors.items()},
        GOLDEN + "python.safetensors", {"made by": 'the "reference" \u00fc'})
    wide = (brain.astype(numpy.uint32) << 16).view(numpy.float32)
    with open(GOLDEN + "python.txt", "w") as out:
        print(f"# safetensors {safetensors.__version__}: "
              "python3 tests/reference/safetensors_files.py", file=out)
        for name, values in (("w.f32", f32), ("a.half", half), ("brain", wide)):
            flat = values.astype(numpy.float64).ravel()
            print(f"@{name} {flat.size}", file=out)
            print(" ".join("%.17g" % v for v in flat), file=out)
    save_file(
        {"b.weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4,
         "a.bias": numpy.array([-1, 1e-7], numpy.float32),
         "c": numpy.array(3, numpy.float32)},
        GOLDEN + "python_f32.safetensors", {"attune.format": "1 \u00fc\n"})


def show(path):
    with safetensors.safe_open(path, "np") as file:
        print(path, file.metadata())
    for name, values in sorted(load_file(path).items()):
        print(f"  {name} {values.dtype} {list(values.shape)} "
              f"{values.ravel()[:4].tolist()}")


if len(sys.argv) > 1:
    for argument in sys.argv[1:]:
        show(argument)
else:
    main()
