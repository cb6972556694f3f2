#!/usr/bin/env python3
"""Draws 500 photos and holds what Quarry decodes against Pillow (and, where it
is installed, torchvision): resize 256, crop 224, within one level.

    pillow_check.py DECODE_FILES [COUNT]

DECODE_FILES is the program of decode_files.cpp. Ends with 77, which CTest calls
skipped, when numpy or Pillow is missing.
"""

import pathlib
import subprocess
import sys
import tempfile
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "goldens" / "decode"))
sys.dont_write_bytecode = True

try:
    import numpy
    import PIL
    import photos
    from PIL import Image
except ImportError as missing:
    print(f"SKIPPED: {missing}. pip install numpy pillow runs this check.")
    sys.exit(77)

warnings.simplefilter("ignore")  # Pillow's, about transparency in palettes


def decode(program, folder, names, shape, **options):
    out = folder / "rows"
    subprocess.run(
        [program, out, *(f"{key}={value}" for key, value in options.items())],
        input="".join(f"{folder / name}\n" for name in names),
        text=True,
        check=True,
    )
    return numpy.fromfile(out, numpy.uint8).reshape(len(names), *shape)


def compare(what, names, rows, expected):
    """Counts rows more than a level away; prints the first of them."""
    bad, equal = [], 0
    for name, row, wanted in zip(names, rows, expected):
        worst = numpy.abs(row.astype(int) - wanted).max()
        equal += worst == 0
        if worst > 1:
            bad.append(f"  {name}: off by {worst}")
    print(f"{what}: {len(names)} images, {equal} equal bit by bit,"
          f" {len(bad)} off by more than a level")  # fmt: skip
    print("\n".join(bad[:20]), end="\n" if bad else "")
    return len(bad)


def check_collection(program, folder, count):
    torchvision = photos.torchvision_transform(256, 224)
    names, colour, grey, bad = [], [], [], 0
    for name, data in photos.collection(count):
        (folder / name).write_bytes(data)
        names.append(name)
        image = photos.upright_rgb(data)
        cropped = photos.resize_and_crop(image, 256, 224)
        colour.append(numpy.asarray(cropped))
        if torchvision is not None:
            theirs = numpy.asarray(torchvision(image))
            bad += not numpy.array_equal(colour[-1], theirs)
        luma = photos.resize_and_crop(image.convert("L"), 80, 96)
        grey.append(numpy.asarray(luma)[..., None])
    print(f"Pillow {PIL.__version__},",
          "no torchvision" if torchvision is None else
          f"torchvision, {bad} times unlike our use of Pillow")  # fmt: skip
    rows = decode(program, folder, names, (224, 224, 3), resize=256)
    bad += compare("resize 256, crop 224", names, rows, colour)
    rows = decode(program, folder, names, (96, 96, 1),
                  channels=1, resize=80, height=96, width=96)  # fmt: skip
    return bad + compare("grey, resize 80, crop 96", names, rows, grey)


def check_fast_scale(program, folder):
    """Decoding at a fraction is what Pillow calls a draft."""
    names, expected = [], []
    rng = numpy.random.default_rng(7)
    for width, height in ((640, 512), (1100, 1030), (2060, 2600), (500, 375)):
        name = f"large_{width}x{height}.jpg"
        image = Image.fromarray(photos.scene(rng, width, height))
        image.save(folder / name, quality=90)
        names.append(name)
        with Image.open(folder / name) as draft:
            short, long = sorted(draft.size)
            size = [256 if s == short else 256 * long // short
                    for s in draft.size]  # fmt: skip
            draft.draft("RGB", size)
            small = draft.resize(size, Image.Resampling.BILINEAR)
        expected.append(numpy.asarray(photos.resize_and_crop(small, 256, 224)))
    rows = decode(program, folder, names, (224, 224, 3),
                  resize=256, fast_scale=1)  # fmt: skip
    return compare("fast_scale", names, rows, expected)


def main(program, count=500):
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        bad = check_collection(program, folder, int(count))
        bad += check_fast_scale(program, folder)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
