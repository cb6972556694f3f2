#!/usr/bin/env python3
"""Compiles a PyTorch network with AOTInductor into a package that Quarry runs.

    export_aoti.py MODULE:FUNCTION CARD.json OUT.pt2 [--weights FILE]
                   [--precision fp32|bf16] [--device cpu|cuda]

FUNCTION() gives the network, a torch.nn.Module that takes floats
[B, channels, height, width] and returns logits [B, C], or the tuple (logits,
embeddings [B, D]). CARD.json is its model card, which says height, width and
channels; it is copied to OUT.json. For example

    export_aoti.py torchvision.models:resnet18 card.json resnet18.pt2

Needs the version of PyTorch whose libtorch Quarry was built with, and a C++
compiler. Compiling takes about half a minute.
"""

import argparse
import importlib
import json
import os
import pathlib
import shutil
import sys

import torch


class In(torch.nn.Module):
    """A network that computes in another precision than it is fed in."""

    def __init__(self, net, dtype):
        super().__init__()
        self.net = net.to(dtype)
        self.dtype = dtype

    def forward(self, x):
        return self.net(x.to(self.dtype))


def export(net, card, out, precision="fp32", device="cpu"):
    """Compiles `net` for any size of batch, as `AotiModel` wants it."""
    net = net.eval()
    if precision == "bf16":
        net = In(net, torch.bfloat16)
    net = net.to(device)
    size = {"height": 224, "width": 224, "channels": 3, **card.get("input", {})}
    # Contiguous: compiled code takes the strides of this example for granted.
    # Below 16 rows the compiler takes other ways, and settles for one of the
    # two: it must see more.
    example = torch.zeros(
        128, size["channels"], size["height"], size["width"], device=device)
    batch = torch.export.Dim("batch", min=16, max=4096)
    with torch.no_grad():
        program = torch.export.export(
            net, (example,), dynamic_shapes=({0: batch},))
        return torch._inductor.aoti_compile_and_package(
            program, package_path=str(out),
            inductor_configs={
                # Quarry runs as many batches at once as there are cores. With
                # one thread each, the bits of a row are the same everywhere.
                "cpp.threads": 1,
                # Folds batch norm into the weights.
                "freezing": True,
            })


def network(name, weights):
    module, _, function = name.partition(":")
    if not function:
        sys.exit(f"{name} is no MODULE:FUNCTION")
    sys.path.insert(0, os.getcwd())
    net = getattr(importlib.import_module(module), function)()
    if weights:
        net.load_state_dict(torch.load(weights, weights_only=True))
    return net


def main():
    parser = argparse.ArgumentParser(
        description="Compiles a PyTorch network into a package for Quarry")
    parser.add_argument("network", metavar="MODULE:FUNCTION")
    parser.add_argument("card", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--weights", help="a state_dict written by torch.save")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    flags = parser.parse_args()
    if flags.out.suffix != ".pt2":
        sys.exit(f"{flags.out} must end in .pt2")
    torch.set_num_threads(1)
    card = json.loads(flags.card.read_text())
    export(network(flags.network, flags.weights), card, flags.out,
           flags.precision, flags.device)
    beside = flags.out.with_suffix(".json")
    if beside.resolve() != flags.card.resolve():
        shutil.copyfile(flags.card, beside)
    print(f"{flags.out} and {beside}")


if __name__ == "__main__":
    main()
