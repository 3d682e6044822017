"""Writes models_segmentation.json: what the small segmentation networks put out, by PyTorch's own
operations, and the names in torchvision's files.

Run by hand, never by the tests:
    PYTHONPATH=. python tests/stored/make_models_segmentation.py
The stored file was made by torch 2.14.1 and torchvision 0.29.1 on a CPU, in float64, in eval mode.

Names and shapes of the weights are minicnn's; the arithmetic below is written anew, straight from
the papers' figures, and calls torch alone.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F
from torchvision import models

from tests.models.segmentation.forms import SMALL, network, size, values
from tests.stored.check_published import SEGMENTERS
from tests.stored.filled import digest, image, names_digest, short
from tests.stored.make_layers_by_name import Weights, halved, resized


def fcn(w, x, stride):
    pools = w.trunk(x, [halved] * 5)
    y = w.conv(F.relu(w.conv(pools[4], "fc6")), "score")
    if stride < 32:
        y = w.deconv(y, "upscore2", 2, 1) + w.conv(pools[3], "score_pool4")
    if stride < 16:
        y = w.deconv(y, "upscore_pool4", 2, 1) + w.conv(pools[2], "score_pool3")
    return w.deconv(y, "upscore", stride, stride // 2)


def segnet(w, x, basic=False):
    seen = []
    if basic:
        x = F.local_response_norm(x, 5, 1e-4, 0.75, 1.0)
    for stage in (1, 2, 3, 4):
        for unit in [""] if basic else [".0", ".1"]:
            x = w.unit(x, f"encoder{stage}{unit}")
        before = x.shape[-2:]
        x, places = F.max_pool2d(x, 2, return_indices=True)
        seen.append((places, before))
    for stage in (4, 3, 2, 1):
        places, before = seen.pop()
        x = F.max_unpool2d(x, places, 2, output_size=before)
        if basic:
            name = f"decoder{stage}"
            x = w.norm(w.same(x, f"{name}.conv"), f"{name}.norm")
        else:
            x = w.unit(w.unit(x, f"decoder{stage}.0"), f"decoder{stage}.1")
    return w.conv(x, "scores")


def double(w, x, name):
    return w.unit(w.unit(x, f"{name}.0"), f"{name}.1")


def valid_double(w, x, name):
    return F.relu(w.conv(F.relu(w.conv(x, f"{name}.0")), f"{name}.2"))


def recurrent(w, x, name):
    x = w.conv(x, f"{name}.project")
    y = x
    for layer in (0, 1):
        start = y
        for step in range(3):
            y = w.unit(start if step == 0 else start + y, f"{name}.layers.{layer}")
    return x + y


def transposed(w, x, name):
    return w.deconv(x, name, 2)


def enlarged(w, x, name):
    return w.unit(F.interpolate(x, scale_factor=2), f"{name}.1")


def gated(w, g, x, name):
    q = F.relu(w.norm(w.conv(g, f"{name}.gate.conv"), f"{name}.gate.norm")
               + w.norm(w.conv(x, f"{name}.skip.conv"), f"{name}.skip.norm"))
    return x * torch.sigmoid(w.norm(w.conv(q, f"{name}.share.conv"), f"{name}.share.norm"))


def unet(w, x, unit=double, up=transposed, steps=4, gates=False):
    skips = []
    for step in range(1, steps):
        x = unit(w, x, f"down{step}")
        skips.append(x)
        x = halved(x)
    x = unit(w, x, f"down{steps}")
    for step in range(steps - 1, 0, -1):
        x, skip = up(w, x, f"up{step}"), skips.pop()
        cut = (skip.shape[-1] - x.shape[-1]) // 2
        skip = skip[..., cut:cut + x.shape[-2], cut:cut + x.shape[-1]]
        if gates:
            skip = gated(w, x, skip, f"gate{step}")
        x = unit(w, torch.cat([skip, x], 1), f"merge{step}")
    return w.conv(x, "scores")


def nabla(w, x):
    down = []
    for step in (1, 2, 3, 4):
        x = double(w, halved(x) if step > 1 else x, f"down{step}")
        down.append(x)
    total = 0
    for name, depth in (("first", 3), ("second", 2)):
        x = down[depth]
        for step in range(depth, 0, -1):
            x = transposed(w, x, f"{name}_up{step}")
            x = double(w, torch.cat([down[step - 1], x], 1), f"{name}_merge{step}")
        total = total + x
    return w.conv(total, "scores")


def dilated8(w, x):
    def stay(y):
        return y
    y = w.trunk(x, [halved] * 3 + [stay] * 2, (1, 1, 1, 1, 2))[-1]
    y = w.conv(w.unit(y, "fc6", 4), "final")
    for number, dilation in enumerate((1, 1, 2, 4, 8, 16, 1), 1):
        y = F.relu(w.same(y, f"ctx{number}", dilation))
    return resized(w.conv(y, "ctx8"), x)


def deeplab(w, x, version):
    pools = [lambda y, s=s: F.max_pool2d(y, 3, s, 1) for s in (2, 2, 2, 1, 1)]
    y = w.trunk(x, pools, (1, 1, 1, 1, 2))[-1]
    if version == 1:
        y = w.conv(w.unit(F.avg_pool2d(y, 3, 1, 1), "head.fc6.0", 2), "head.fc8")
    else:
        y = sum(w.conv(w.unit(y, f"branch{n}.fc6.0", n), f"branch{n}.fc8") for n in (1, 2, 3, 4))
    return resized(y, x, True)


def three(w, x, name, number, dilation=1):
    """Convolution, norm and ReLU as parts of a Sequential."""
    y = w.same(x, f"{name}.{number}", dilation)
    return F.relu(w.norm(y, f"{name}.{number + 1}"))


HOLES = {"first": (1, 1, 1, 2), "strides": (1, 2, 1, 1)}


def fcn_resnet(w, x):
    y = w.resnet(x, **HOLES)[-1]
    return resized(w.conv(three(w, y, "classifier", 0), "classifier.4"), x)


def deeplab_v3(w, x):
    y, name = w.resnet(x, **HOLES)[-1], "classifier.0.convs"
    seen = [three(w, y, f"{name}.0", 0)]
    seen += [three(w, y, f"{name}.{n}", 0, 2 * n) for n in (1, 2, 3)]
    pooled = three(w, y.mean((2, 3), keepdim=True), f"{name}.4.layers", 1)
    seen.append(pooled.expand_as(seen[0]))
    y = three(w, torch.cat(seen, 1), "classifier.0.project", 0)
    return resized(w.conv(three(w, y, "classifier", 1), "classifier.4"), x)


def pspnet(w, x):
    y = w.resnet(x, first=(1, 1, 2, 4), strides=(1, 2, 1, 1), deep=True)[-1]
    levels = [resized(w.unit(F.adaptive_avg_pool2d(y, bins), f"pyramid.levels.{n}.1"), y, True)
              for n, bins in enumerate((1, 2, 4, 8))]
    y = w.unit(torch.cat([y, *levels], 1), "classifier.0")
    return resized(w.conv(y, "classifier.2"), x, True)


def refinenet(w, x):
    def rcu(y, name):
        return y + w.same(F.relu(w.same(F.relu(y), f"{name}.body.1")), f"{name}.body.3")

    def block(name, inputs, ending):
        for n, y in enumerate(inputs):
            inputs[n] = rcu(rcu(y, f"{name}.units.{n}.0"), f"{name}.units.{n}.1")
        if len(inputs) > 1:
            inputs = [w.same(y, f"{name}.fusion.convs.{n}") for n, y in enumerate(inputs)]
        y = F.relu(sum([inputs[0], *(resized(z, inputs[0]) for z in inputs[1:])]))
        p = w.same(F.max_pool2d(y, 5, 1, 2), f"{name}.pooling.steps.0.1")
        q = w.same(F.max_pool2d(p, 5, 1, 2), f"{name}.pooling.steps.1.1")
        y = y + p + q
        for n in range(ending):
            y = rcu(y, f"{name}.ending.{n}")
        return y

    seen = w.resnet(x, on_first=True)
    y = None
    for stage in (4, 3, 2, 1):
        inputs = [w.same(seen[stage - 1], f"adapt{stage}")] + ([] if y is None else [y])
        y = block(f"refine{stage}", inputs, 3 if stage == 1 else 1)
    return resized(w.same(y, "scores"), x)


def sam_toy(w, x):
    y = x
    for n, stride in enumerate((2, 2, 1, 1)):
        name = f"image_encoder.{n}"
        y = F.relu(w.norm(w.conv(y, f"{name}.conv", stride=stride, padding=1), f"{name}.norm"))

    def place(points, H, W):
        turns = 2 * torch.pi * (2 * (points + 0.5) / torch.tensor([W, H]) - 1) \
            @ w["places.directions"]
        return torch.cat([turns.sin(), turns.cos()], -1)

    (N, _, H, W), (SH, SW) = y.shape, x.shape[2:]
    columns = torch.stack(torch.meshgrid(torch.arange(W), torch.arange(H), indexing="xy"), -1)
    y = y + place(columns.double(), H, W).permute(2, 0, 1)
    points = torch.tensor([[(SW - 1) / 2, (SH - 1) / 2]] * N, dtype=torch.float64)
    t = (place(points, SH, SW) + w["prompt.kind"])[:, None]
    pixels = y.flatten(2).transpose(1, 2)
    seen = F.scaled_dot_product_attention(w.linear(t, "look.q"), w.linear(pixels, "look.k"),
                                          w.linear(pixels, "look.v"))
    t = t + w.linear(seen, "look.out")
    t = t + w.linear(F.relu(w.linear(t, "think.body.0")), "think.body.2")
    y = F.relu(w.norm(w.deconv(y, "enlarge.0", 2), "enlarge.1"))
    y = F.relu(w.deconv(y, "enlarge.3", 2))
    return torch.einsum("nld,ndhw->nlhw", w.linear(t, "filter"), y)


THEIRS = {
    "fcn32s": lambda w, x: fcn(w, x, 32), "fcn16s": lambda w, x: fcn(w, x, 16),
    "fcn8s": lambda w, x: fcn(w, x, 8), "segnet": segnet,
    "segnet_basic": lambda w, x: segnet(w, x, True), "unet": unet,
    "valid unet": lambda w, x: unet(w, x, valid_double, steps=3),
    "attention_unet": lambda w, x: unet(w, x, up=enlarged, gates=True),
    "r2unet": lambda w, x: unet(w, x, recurrent, enlarged), "nabla_unet": nabla,
    "dilated8": dilated8, "deeplab_v1": lambda w, x: deeplab(w, x, 1),
    "deeplab_v2": lambda w, x: deeplab(w, x, 2), "fcn_resnet50": fcn_resnet,
    "deeplabv3_resnet50": deeplab_v3, "pspnet50": pspnet, "refinenet101": refinenet,
    "sam_toy": sam_toy,
}


def output(name):
    model = network(name)
    w = Weights({key: torch.from_numpy(values(key, q.shape)) for key, q in model.saved()
                 if not key.endswith("num_batches_tracked")})
    shape = (2, model.input_shape[0], *size(name))
    with torch.no_grad():
        y = THEIRS[name](w, torch.from_numpy(image(shape))).numpy()
    return {"image": list(shape), **short(digest(y, 16))}


def names_of(pair):
    """Of a network of torchvision's that allocates nothing."""
    with torch.device("meta"):
        net = models.get_model(pair.theirs, weights=None, **pair.their_options)
    shapes = {name: tuple(q.shape) for name, q in net.state_dict().items()}
    return {"network": pair.name, "options": pair.options, "arrays": len(shapes),
            "digest": names_digest(shapes)}


if __name__ == "__main__":
    found = {"outputs": {name: output(name) for name in [*SMALL, "valid unet"]},
             "names": [names_of(pair) for pair in SEGMENTERS]}
    Path(__file__).with_name("models_segmentation.json").write_text(json.dumps(found) + "\n",
                                                                    "utf-8")
