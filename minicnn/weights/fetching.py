"""Weights that torchvision published, fetched into the cache.

    fetch("resnet50")            .../minicnn/weights/resnet50-0676ba61.pth

The end of a file's name, 0676ba61, is how the SHA-256 of its bytes begins: a file that came whole
and unchanged proves it, each time it is asked for.

Source of the names: torchvision/models/*.py, the first weights of each network (IMAGENET1K_V1),
which were trained on ImageNet's pictures of 2012, those of segmentation on COCO's with the classes
of VOC (COCO_WITH_VOC_LABELS_V1); licence of the program: BSD-3-Clause.
"""

import logging
import os
from pathlib import Path

from minicnn.backend.messages import did_you_mean
from minicnn.data.download import DownloadError
from minicnn.data.files import cache_folder
from minicnn.data.resume import Resuming, sha256_of

HOST = "https://download.pytorch.org/models/"
FILES = {
    "alexnet": "alexnet-owt-7be5be79.pth",
    "vgg11": "vgg11-8a719046.pth", "vgg11_bn": "vgg11_bn-6002323d.pth",
    "vgg13": "vgg13-19584684.pth", "vgg13_bn": "vgg13_bn-abd245e5.pth",
    "vgg16": "vgg16-397923af.pth", "vgg16_bn": "vgg16_bn-6c64b313.pth",
    "vgg19": "vgg19-dcbb9e9d.pth", "vgg19_bn": "vgg19_bn-c79401a0.pth",
    "googlenet": "googlenet-1378be20.pth",
    "inception_v3": "inception_v3_google-0cc3c7bd.pth",
    "resnet18": "resnet18-f37072fd.pth", "resnet34": "resnet34-b627a593.pth",
    "resnet50": "resnet50-0676ba61.pth", "resnet101": "resnet101-63fe2227.pth",
    "resnet152": "resnet152-394f9c45.pth",
    "resnext50_32x4d": "resnext50_32x4d-7cdf4587.pth",
    "resnext101_32x8d": "resnext101_32x8d-8ba56ff5.pth",
    "resnext101_64x4d": "resnext101_64x4d-173b62eb.pth",
    "wide_resnet50_2": "wide_resnet50_2-95faca4d.pth",
    "wide_resnet101_2": "wide_resnet101_2-32ee1156.pth",
    "densenet121": "densenet121-a639ec97.pth", "densenet161": "densenet161-8d451a50.pth",
    "densenet169": "densenet169-b2777c0a.pth", "densenet201": "densenet201-c1103571.pth",
    "mobilenet_v2": "mobilenet_v2-b0353104.pth",
    "shufflenet_v2": "shufflenetv2_x1-5666bf0f80.pth",
    "shufflenet_v2_x0_5": "shufflenetv2_x0.5-f707e7126e.pth",
    "shufflenet_v2_x1_5": "shufflenetv2_x1_5-3c479a10.pth",
    "shufflenet_v2_x2_0": "shufflenetv2_x2_0-8be3c8ee.pth",
    "efficientnet_b0": "efficientnet_b0_rwightman-7f5810bc.pth",
    "efficientnet_b1": "efficientnet_b1_rwightman-bac287d4.pth",
    "efficientnet_b2": "efficientnet_b2_rwightman-c35c1473.pth",
    "efficientnet_b3": "efficientnet_b3_rwightman-b3899882.pth",
    "efficientnet_b4": "efficientnet_b4_rwightman-23ab8bcd.pth",
    "efficientnet_b5": "efficientnet_b5_lukemelas-1a07897c.pth",
    "efficientnet_b6": "efficientnet_b6_lukemelas-24a108a5.pth",
    "efficientnet_b7": "efficientnet_b7_lukemelas-c5b4e57e.pth",
    "convnext_tiny": "convnext_tiny-983f1562.pth", "convnext_small": "convnext_small-0c510722.pth",
    "convnext_base": "convnext_base-6075fbad.pth", "convnext_large": "convnext_large-ea097f82.pth",
    "vit_b_16": "vit_b_16-c867db91.pth", "vit_b_32": "vit_b_32-d86f8d99.pth",
    "vit_l_16": "vit_l_16-852ce7e3.pth", "vit_l_32": "vit_l_32-c7638314.pth",
    "fcn_resnet50": "fcn_resnet50_coco-1167a1af.pth",
    "fcn_resnet101": "fcn_resnet101_coco-7ecb50ca.pth",
    "deeplabv3_resnet50": "deeplabv3_resnet50_coco-cd0a2569.pth",
    "deeplabv3_resnet101": "deeplabv3_resnet101_coco-586e9e4e.pth",
}


def fetch(name: str, host: str | None = None) -> Path:
    """The path of a network's published weights in the cache, where they are put if need be.

    name : "resnet50", or that of a file, "resnet50-0676ba61.pth"
    host : the address before the file's name, if not HOST

    DownloadError if it is neither in the cache nor to be had.
    """
    file = FILES.get(name, name)
    if file not in FILES.values():
        hint = did_you_mean(name, FILES) or f"there are {', '.join(FILES)}"
        raise ValueError(f"no published weights are called {name!r}; {hint}")
    path = cache_folder() / "weights" / file
    begins = Path(file).stem.rpartition("-")[2]
    if path.is_file():
        with path.open("rb") as opened:
            if sha256_of(opened).startswith(begins):
                return path
        path.unlink()                              # damaged: it is fetched again
    if os.environ.get("MINICNN_OFFLINE", "") not in ("", "0"):
        raise DownloadError(f"{file} is not in {path.parent}, and downloads are switched off "
                            "(MINICNN_OFFLINE)")
    return downloaded((host or HOST) + file, path, begins)


def downloaded(url: str, path: Path, begins: str) -> Path:
    """`path` once it holds the file; pooch's own lines are not printed, the bar says it all."""
    import pooch
    log = pooch.get_logger()
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        pooch.retrieve(url, known_hash=None, fname=path.name, path=path.parent,
                       downloader=Resuming(begins))
    finally:
        log.setLevel(level)
    return path
