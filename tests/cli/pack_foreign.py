"""Shards that others read, and shards that others wrote: WebDataset and the
package tfrecord, which src/setup/setup.sh --with-test-tools installs."""

import gzip
import random
import struct
import tarfile
import zlib

from _quarry import SHARED, TestCase, cifar_images, main, quarry, skip

try:
    import crc32c
    import tfrecord
    import webdataset
except ImportError as missing:
    skip(f"{missing}: src/setup/setup.sh --with-test-tools installs it")


def checked_records(path):
    """The records of a file, by struct and by crc32c's checksums, which the
    package tfrecord does not look at."""

    def masked(data):
        crc = crc32c.crc32c(data)
        return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

    data = path.read_bytes()
    records = []
    while data:
        (length,), (sum_of_length,) = (struct.unpack("<Q", data[:8]),
                                       struct.unpack("<I", data[8:12]))
        assert sum_of_length == masked(data[:8])
        record = data[12:12 + length]
        (sum_of_data,) = struct.unpack("<I", data[12 + length:16 + length])
        assert len(record) == length and sum_of_data == masked(record)
        records.append(record)
        data = data[16 + length:]
    return records


def members(path):
    with tarfile.open(path) as tar:
        return [(m.name, tar.extractfile(m).read()) for m in tar]


class Foreign(TestCase):
    def make_pool(self, count):
        """{id: (label, bytes)} of JPEGs."""
        folder = self.dir / "pool"
        if SHARED.joinpath("data/cifar10-jpeg.tar.gz").exists():
            cifar_images(folder, count)
        else:
            for k in range(count):
                path = folder / f"class{k % 4}" / f"{k:04}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"\xff\xd8\xff" + random.Random(k).randbytes(900))
        return {
            str(path.relative_to(folder)): (path.parent.name, path.read_bytes())
            for path in sorted(folder.glob("*/*.jpg"))
        }

    def pack(self, to, data, out, *more):
        self.expect(
            quarry("pack", "--data", data, "--to", to, "--out", self.dir / out,
                   *more), 0,
        )
        return sorted((self.dir / out).glob(f"pool-*.{to}"))

    def test_webdataset_reads_our_tar_shards(self):
        pool = self.make_pool(200)
        shards = self.pack("tar", self.dir / "pool", "out", "--labels-from",
                           "dirs", "--shard-samples", 60)
        self.assertEqual(len(shards), 4)
        found = {}
        for sample in webdataset.WebDataset([str(s) for s in shards],
                                            shardshuffle=False):
            found[sample["__key__"] + ".jpg"] = (sample["cls"].decode(),
                                                 sample["jpg"])
        self.assertEqual(found, pool)
        self.assertEqual(list(found), list(pool))

    def test_we_read_what_webdataset_writes(self):
        pool = self.make_pool(50)
        for name, compressed in (("plain.tar", False), ("packed.tar.gz", True)):
            with webdataset.TarWriter(str(self.dir / name)) as writer:
                for path, (label, data) in pool.items():
                    writer.write({"__key__": path[:-4], "jpg": data,
                                  "json": {"label": label}})
            self.assertEqual((self.dir / name).read_bytes()[:2] == b"\x1f\x8b",
                             compressed)
            (shard,) = self.pack("tar", f"tar:{self.dir}/{name}", name + ".out")
            found = members(shard)
            self.assertEqual([data for _, data in found[1::2]],
                             [data for _, data in pool.values()])
            self.assertEqual([data.decode() for _, data in found[0::2]],
                             [label for label, _ in pool.values()])

    def test_tfrecord_reads_our_shards(self):
        pool = self.make_pool(200)
        shards = self.pack("tfrecord", self.dir / "pool", "out", "--labels-from",
                           "dirs", "--shard-size", "100KB")
        self.assertGreater(len(shards), 2)
        found = {}
        for shard in shards:
            count = 0
            for example in tfrecord.tfrecord_loader(str(shard), None):
                count += 1
                self.assertEqual(bytes(example["image/format"]), b"jpeg")
                found[bytes(example["image/filename"]).decode()] = (
                    bytes(example["image/class/text"]).decode(),
                    bytes(example["image/encoded"]),
                )
            self.assertEqual(len(checked_records(shard)), count)
        self.assertEqual(found, pool)
        self.assertEqual(list(found), list(pool))

    def test_we_read_what_tfrecord_writes(self):
        pool = self.make_pool(80)
        labels = sorted({label for label, _ in pool.values()})
        features = {
            "a": lambda label, data: {
                "image/encoded": (data, "byte"),
                "image/class/label": (labels.index(label), "int"),
                "boxes": ([0.5, 1.5], "float"),
            },
            "b": lambda label, data: {"image": (data, "byte"),
                                      "label": (label.encode(), "byte")},
            # Neither name is known; the image is the one that looks so.
            "c": lambda label, data: {"photo": (data, "byte"),
                                      "what": (label.encode(), "byte"),
                                      "note": (b"text", "byte")},
        }
        truths = {
            "a": [str(labels.index(label)) for label, _ in pool.values()],
            "b": [label for label, _ in pool.values()],
            "c": [label for label, _ in pool.values()],
        }
        for kind, make in features.items():
            plain = self.dir / f"{kind}.tfrecord"
            writer = tfrecord.TFRecordWriter(str(plain))
            for label, data in pool.values():
                writer.write(make(label, data))
            writer.close()
            packed = self.dir / f"{kind}.tfrecord.gz"
            packed.write_bytes(gzip.compress(plain.read_bytes()))
            deflated = self.dir / f"{kind}.tfrecord.zlib"
            deflated.write_bytes(zlib.compress(plain.read_bytes()))
            more = ("--label-feature", "what") if kind == "c" else ()
            for file in (plain, packed, deflated):
                (shard,) = self.pack("tar", f"tfrecord:{file}",
                                     file.name + ".out", *more)
                found = members(shard)
                self.assertEqual([data for _, data in found[1::2]],
                                 [data for _, data in pool.values()])
                self.assertEqual([data.decode() for _, data in found[0::2]],
                                 truths[kind])


if __name__ == "__main__":
    main()
