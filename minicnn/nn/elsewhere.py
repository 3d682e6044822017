"""What torch.nn.functional has and this room has not: mostly it is a layer of that name."""

from minicnn import layers
from minicnn.layers.elsewhere import ELSEWHERE

# Where the two names differ in more than capitals, underscores and the word Loss.
LAYERS = {
    "batch_norm": "BatchNorm2d", "instance_norm": "InstanceNorm2d",
    "binary_cross_entropy": "BCELoss", "kl_div": "KLDivLoss",
    "local_response_norm": "LocalResponseNorm",
    "multi_head_attention_forward": "MultiheadAttention", "pdist": "PairwiseDistance",
    "upsample_bilinear": "UpsamplingBilinear2d", "upsample_nearest": "UpsamplingNearest2d",
}
BY_LETTERS = {name.lower(): name for name in (*ELSEWHERE, *layers.__all__)}


def layer_advice(name: str) -> str:
    """What to write for the function of a layer, or nothing where there is no such layer."""
    plain = name.removesuffix("_").removesuffix("_with_indices")
    letters = plain.replace("_", "")
    layer = LAYERS.get(plain) or BY_LETTERS.get(letters) or BY_LETTERS.get(letters + "loss", "")
    if layer in ELSEWHERE:
        return f"of nn.{layer}: {ELSEWHERE[layer]}"
    return f"it is a layer: nn.{layer}(...)(x)" if layer else ""
