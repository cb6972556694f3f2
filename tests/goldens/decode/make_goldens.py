#!/usr/bin/env python3
"""Makes what tests/decode/image_decoder_test.cpp compares with: small images of
every kind in images/, and what Pillow and torchvision make of them, in the
order of the files' names.

    native.npy     their upright RGB pixels, one image after the other
    small.npy      [N, 16, 16, 3]  Resize(20), CenterCrop(16)
    grey.npy       [N, 16, 16]     converted to L, Resize(12), CenterCrop(16),
                                   which pads
    imagenet.npy   [N, 16, 16, 3]  Resize(256), CenterCrop(224): every 14th pixel
                                   of every 14th row, from the 8th on

Needs numpy, Pillow and torchvision; made with Pillow 11.3.0. From Pillow 12.2
on, some tall images are resized along columns first, which is a level off.
"""

import pathlib
import shutil
import sys
import warnings

sys.dont_write_bytecode = True

import numpy  # noqa: E402
import photos  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
VARIANTS = {kind: 3 for kind in photos.JPEG_KINDS + photos.PNG_KINDS}
VARIANTS["ycc"] = 18


def main():
    warnings.simplefilter("ignore")  # Pillow's, about transparent palettes
    small = photos.torchvision_transform(20, 16)
    padded = photos.torchvision_transform(12, 16)
    imagenet = photos.torchvision_transform(256, 224)
    if small is None:
        sys.exit("make_goldens.py needs torchvision")
    folder = HERE / "images"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    arrays = {"native": [], "small": [], "grey": [], "imagenet": []}
    kinds = [kind for kind, count in VARIANTS.items() for _ in range(count)]
    for index, kind in enumerate(kinds):
        name, data = photos.draw(
            11, index, kind, 3, 96 if kind in photos.JPEG_KINDS else 56
        )
        (folder / name).write_bytes(data)
        image = photos.upright_rgb(data)
        arrays["native"].append(numpy.asarray(image).ravel())
        arrays["small"].append(numpy.asarray(small(image)))
        arrays["grey"].append(numpy.asarray(padded(image.convert("L"))))
        arrays["imagenet"].append(numpy.asarray(imagenet(image))[7::14, 7::14])
    numpy.save(HERE / "native.npy", numpy.concatenate(arrays.pop("native")))
    for name, rows in arrays.items():
        numpy.save(HERE / f"{name}.npy", numpy.stack(rows))


if __name__ == "__main__":
    main()
