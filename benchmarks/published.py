"""Networks that minicnn and the libraries around PyTorch both have, each in its own words.

The number of parameters tells whether they are the same; a column that differs says so.  It does
not tell what is dropped at random while training, which is work as well: torchvision's ViT drops
nothing unless asked.
"""

from typing import Any

Call = tuple[str, dict[str, Any]]                          # a name and its options

# name -> minicnn.models.build(name, **options); then the same of torchvision, or of timm
PUBLISHED: dict[str, tuple[Call, str, Call]] = {
    "densenet121": (("densenet121", {}), "torchvision", ("densenet121", {})),
    "inception_v3": (("inception_v3", {"aux": False}), "torchvision",
                     ("inception_v3", {"aux_logits": False, "init_weights": False})),
    "googlenet": (("googlenet", {"variant": "torchvision", "aux": False}), "torchvision",
                  ("googlenet", {"aux_logits": False, "init_weights": False})),
    "mobilenet_v2": (("mobilenet_v2", {}), "torchvision", ("mobilenet_v2", {})),
    "efficientnet_b0": (("efficientnet_b0", {}), "torchvision", ("efficientnet_b0", {})),
    "vit_b_16": (("vit_b_16", {}), "torchvision", ("vit_b_16", {"dropout": 0.1})),
    "convnext_tiny": (("convnext_tiny", {}), "torchvision", ("convnext_tiny", {})),
    "efficientnet_lite0": (("efficientnet_lite0", {}), "timm", ("tf_efficientnet_lite0", {})),
}
# name -> its batch and input, as the measurements of docs/speed.md have them
BATCHES = {"densenet121": 4, "inception_v3": 2, "googlenet": 8, "mobilenet_v2": 8,
           "efficientnet_b0": 4, "vit_b_16": 2, "convnext_tiny": 2}
SIDES = {"inception_v3": 299}
