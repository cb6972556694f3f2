"""What select does about a model that does not come back."""

import time
import zipfile

from _quarry import TestCase, coloured_pool, main, quarry

SIDE = 16
BATCH = 16
ONCE = b"    x0 = torch.relu(_0)\n"
FOR_EVER = f"""    x0 = torch.relu(_0)
    turns = torch.eq(torch.size(x0, 0), {BATCH})
    while turns:
      x0 = torch.relu(x0)
""".encode()


def write_without_end(model, to):
    """A copy of a TorchScript file, and its card, that never comes back from a
    whole batch."""
    to.with_suffix(".json").write_bytes(model.with_suffix(".json").read_bytes())
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(ONCE, FOR_EVER, 1))


class ModelTimeout(TestCase):
    def test_the_run_ends_with_an_error_and_holds_nothing(self):
        pool, model = self.dir / "pool", self.dir / "model.pt"
        coloured_pool(pool, 60, SIDE)
        self.expect(quarry("train", "--data", pool, "--labels-from", "dirs", "--out",
                           model, "--size", SIDE, "--epochs", 1, "--cache", "off"), 0)
        endless = self.dir / "endless.pt"
        write_without_end(model, endless)
        self.assertNotEqual(endless.stat().st_size, model.stat().st_size)

        def select(file, *more):
            return quarry("select", "--data", pool, "--model", file, "--strategy",
                          "margin", "--budget", 5, "--batch", BATCH, "--json",
                          "--workspace", self.dir / "workspace", *more)

        begin = time.monotonic()
        ended = select(endless, "--model-timeout", 1)
        self.expect(ended, 5, error="pipeline.model_timeout")
        self.assertEqual(ended.out, "")
        self.assertIn("given none back for 1.00 s", ended.err)
        self.assertLess(time.monotonic() - begin, 60)
        # Whoever it was that held the workspace is gone.
        self.expect(select(model, "--model-timeout", 600), 0)

    def test_a_time_that_is_none_is_an_error(self):
        for value in ("-1", "soon", "nan", "1e9"):
            self.expect(quarry("select", "--data", ".", "--model", "m.pt",
                               "--strategy", "margin", "--budget", 5,
                               "--model-timeout", value), 2, error="cli.usage")


if __name__ == "__main__":
    main()
