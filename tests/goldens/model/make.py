#!/usr/bin/env python3
"""Makes the reference answers of tests/torch with PyTorch and torchvision.

    python3 make.py      writes beside itself

resnet18.txt          names, dtypes and shapes of torchvision's resnet18(10)
resnet18_*.npy        its logits for the inputs and weights of `values` below
*.pth                 small state_dicts as torch.save writes them

Made with torch 2.15.0 and torchvision 0.29.2. The weights are a formula of
name and index, so that no file has to hold them.
"""
import collections
import pathlib

import numpy as np
import torch
from torchvision.models import resnet18

HERE = pathlib.Path(__file__).resolve().parent


def values(name, count):
    """`count` numbers in [-1, 1) that depend on name and index alone."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    x = (np.arange(count, dtype=np.uint64) * 2654435761 + seed) % 2**32
    x = (x ^ (x >> 15)) * 739982445 % 2**32
    x = (x ^ (x >> 12)) * 695872825 % 2**32
    return (x >> 8).astype(np.float64) / 2**23 - 1.0


def weights(name, shape):
    u = values(name, int(np.prod(shape))).reshape(shape)
    if name.endswith("running_var"):
        w = 1.0 + 0.5 * u
    elif len(shape) > 1:
        w = u * np.sqrt(3.0 / np.prod(shape[1:]))
    elif name.endswith("weight"):
        w = 1.0 + 0.2 * u
    else:
        w = 0.1 * u
    return torch.from_numpy(w.astype(np.float32))


def make_resnet(kind, size):
    net = resnet18(num_classes=10)
    if kind == "cifar":
        net.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        net.maxpool = torch.nn.Identity()
    state = net.state_dict()
    for name, tensor in state.items():
        if tensor.is_floating_point():
            state[name] = weights(name, tuple(tensor.shape))
    net.load_state_dict(state)
    net.eval()
    x = values("input", 4 * 3 * size * size).reshape(4, 3, size, size) * 2
    with torch.inference_mode():
        logits = net(torch.from_numpy(x.astype(np.float32)))
    print(kind, size, logits.abs().max(), logits.std())
    np.save(HERE / f"resnet18_{kind}_{size}.npy", logits.numpy())
    return state


def make_state_dicts():
    net = torch.nn.Sequential(collections.OrderedDict(
        conv=torch.nn.Conv2d(2, 3, 1), bn=torch.nn.BatchNorm2d(3)))
    state = net.state_dict()  # an OrderedDict with _metadata
    for name, tensor in state.items():
        if tensor.is_floating_point():
            state[name] = weights(name, tuple(tensor.shape))
    torch.save(state, HERE / "ordered.pth")
    torch.save(dict(state), HERE / "plain.pth", pickle_protocol=4)
    # One storage for two tensors, one of them transposed; other dtypes.
    both = torch.stack([state["bn.weight"], state["bn.bias"]], dim=1)
    odd = dict(state)
    odd["bn.weight"], odd["bn.bias"] = both[:, 0], both[:, 1]
    odd["conv.weight"] = state["conv.weight"].permute(1, 0, 2, 3).contiguous()
    odd["conv.weight"] = odd["conv.weight"].permute(1, 0, 2, 3)
    odd["conv.bias"] = torch.nn.Parameter(state["conv.bias"].double())
    odd["bn.num_batches_tracked"] = torch.tensor(-70000, dtype=torch.int32)
    wrapped = {"module." + name: tensor for name, tensor in odd.items()}
    torch.save({"epoch": 3, "best": 0.5, "net": "x", "lrs": [1, 2.5, None],
                "state_dict": wrapped, "big": 2**40, "on": True},
               HERE / "checkpoint.pth")
    torch.save(state, HERE / "old.pth", _use_new_zipfile_serialization=False)


def main():
    make_resnet("imagenet", 64)
    make_resnet("imagenet", 32)
    make_resnet("cifar", 32)
    with open(HERE / "resnet18.txt", "w", encoding="utf-8") as out:
        for name, tensor in resnet18(num_classes=10).state_dict().items():
            shape = " ".join(map(str, tensor.shape))
            print(name, str(tensor.dtype)[6:], shape, file=out)
    make_state_dicts()


if __name__ == "__main__":
    main()
