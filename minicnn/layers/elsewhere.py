"""PyTorch's names of layers that are not here, each with what to write.

`minicnn.layers.Conv1d` answers with its line.  docs/from_pytorch.md has the names that are here.
"""

from typing import NoReturn

from minicnn.backend.messages import did_you_mean

IMAGES = "layers here are for images; a signal (N, C, L) is one of height 1, (N, C, 1, L): {}2d"
VOLUMES = "layers here are for images (N, C, H, W); there is {}2d"
LOSS = "its loss is {}"
WRITE = "write it in forward: {}"
TEXT = "it is not here; SelfAttention is, and build(\"vit_b_16\") is made of it"
LAZY = "sizes are written down: {}"

ELSEWHERE = {
    **{f"{name}1d": IMAGES.format(name) for name in (
        "AdaptiveAvgPool", "AvgPool", "Conv", "ConvTranspose", "Dropout", "InstanceNorm", "MaxPool",
        "MaxUnpool")},
    **{f"{name}3d": VOLUMES.format(name) for name in (
        "AdaptiveAvgPool", "AvgPool", "BatchNorm", "Conv", "ConvTranspose", "Dropout",
        "InstanceNorm", "MaxPool", "MaxUnpool")},
    **{f"{kind}Pad{n}d": "padding belongs to the layer after it: Conv2d(..., padding=1, "
                         f'padding_mode="{mode}")'
       for kind, mode in [("Zero", "zeros"), ("Reflection", "reflect"), ("Circular", "circular"),
                          ("Replication", "replicate"), ("Constant", "zeros")] for n in (1, 2, 3)},
    **{f"Lazy{name}": LAZY.format(f"{name}(...)") for name in (
        "Linear", "Conv2d", "ConvTranspose2d", "BatchNorm1d", "BatchNorm2d", "InstanceNorm2d")},
    **{f"Lazy{name}": LAZY.format("Conv2d(in_channels, ...)") for name in (
        "Conv1d", "Conv3d", "ConvTranspose1d", "ConvTranspose3d",
        "BatchNorm3d", "InstanceNorm1d", "InstanceNorm3d")},
    **{name: LOSS.format(function) for name, function in {
        "LinearCrossEntropyLoss": "cross_entropy(linear(x), labels)",
        "LinearCrossEntropyOptions": "cross_entropy(linear(x), labels)"}.items()},
    **dict.fromkeys(("NLLLoss", "NLLLoss2d"),
                    "cross-entropy has log_softmax inside it, and gives the same number for what "
                    "is one already: nn.CrossEntropyLoss(), functions.cross_entropy"),
    **{name: f"it is a formula: {formula}" for name, formula in {
        "L1Loss": "abs(y - target).mean()",
        "BCELoss": "-(target * y.log() + (1 - target) * (1 - y).log()).mean()",
        "HuberLoss": "functions.where(abs(y - target).data < 1, (y - target) ** 2 / 2, "
                     "abs(y - target) - 0.5).mean()",
        "KLDivLoss": "(target * (target.log() - y)).mean()",
        "SoftMarginLoss": "(1 + (-target * y).exp()).log().mean()"}.items()},
    **dict.fromkeys(("CosineEmbeddingLoss", "CTCLoss", "GaussianNLLLoss", "HingeEmbeddingLoss",
                     "MarginRankingLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss",
                     "MultiMarginLoss", "PoissonNLLLoss", "TripletMarginLoss",
                     "TripletMarginWithDistanceLoss", "CosineSimilarity", "PairwiseDistance",
                     "AdaptiveLogSoftmaxWithLoss"),
                    "minicnn.losses has those that are here; others are formulas of Tensors"),
    **{name: f"it is minicnn.nn.{name}" for name in (
        "BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss", "SmoothL1Loss", "functional", "init")},
    **{name: f"a loop over {name}Cell does it: for t in range(T): state = cell(x[:, t], state)"
       for name in ("GRU", "LSTM", "RNN")},
    **dict.fromkeys(("RNNBase", "RNNCellBase"), "RNNCell, GRUCell and LSTMCell are here"),
    "EmbeddingBag": "it is Embedding(V, D)(words).mean(1)",
    **dict.fromkeys(("Transformer", "TransformerDecoder", "TransformerDecoderLayer",
                     "TransformerEncoder", "TransformerEncoderLayer"), TEXT),
    "MultiheadAttention": "it is SelfAttention(channels, heads)",
    **{name: WRITE.format(formula) for name, formula in {
        "CELU": "x.maximum(0) + (x / a).exp().minimum(1) * a - a", "GLU": "a * b.sigmoid()",
        "ELU": "x.maximum(0) + x.minimum(0).exp() - 1",
        "SELU": "1.050701 * (x.maximum(0) + 1.6732632 * (x.minimum(0).exp() - 1))",
        "Hardsigmoid": "(x / 6 + 0.5).clamp(0, 1)", "Hardswish": "x * (x / 6 + 0.5).clamp(0, 1)",
        "Hardshrink": "functions.where(abs(x.data) > 0.5, x, 0)",
        "Softshrink": "x - x.clamp(-0.5, 0.5)", "Tanhshrink": "x - x.tanh()",
        "LogSigmoid": "-(1 + (-abs(x)).exp()).log() + x.minimum(0)",
        "Softplus": "(1 + (-abs(x)).exp()).log() + x.maximum(0)",
        "Mish": "x * ((1 + (-abs(x)).exp()).log() + x.maximum(0)).tanh()",
        "Softsign": "x / (1 + abs(x))", "Softmin": "softmax(-x)", "Softmax2d": "softmax(x, 1)",
        "Threshold": "functions.where(x.data > limit, x, value)",
        "RMSNorm": "x / ((x * x).mean(-1, keepdims=True) + eps).sqrt()",
        "Unflatten": "x.reshape(len(x), C, H, W)",
        "PixelShuffle": "x.reshape(N, C, r, r, H, W).permute(0, 1, 4, 2, 5, 3)"
                        ".reshape(N, C, H * r, W * r)",
        "PixelUnshuffle": "x.reshape(N, C, H, r, W, r).permute(0, 1, 3, 5, 2, 4)"
                          ".reshape(N, C * r * r, H, W)",
    }.items()},
    "RReLU": "LeakyReLU and PReLU are here, its random slopes not",
    **dict.fromkeys(("AlphaDropout", "FeatureAlphaDropout"), "Dropout and Dropout2d are here"),
    **dict.fromkeys(("AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d"),
                    "the largest of a whole map is x.max((2, 3)); AdaptiveAvgPool2d is here"),
    **dict.fromkeys(("FractionalMaxPool2d", "FractionalMaxPool3d", "LPPool1d", "LPPool2d",
                     "LPPool3d"), "MaxPool2d and AvgPool2d are here"),
    "UpsamplingBilinear2d": 'it is Upsample(scale_factor=2, mode="bilinear", align_corners=True)',
    "UpsamplingNearest2d": "it is Upsample(scale_factor=2)",
    **dict.fromkeys(("Fold", "Unfold"), "minicnn.layers.im2col has im2col and col2im"),
    "Bilinear": "it is a product of two Linear layers in your forward",
    "CrossMapLRN2d": "it is LocalResponseNorm",
    **dict.fromkeys(("DataParallel", "SyncBatchNorm"), "one process trains one network here"),
    **dict.fromkeys(("UninitializedParameter", "UninitializedBuffer"),
                    "every Parameter is drawn when it is first read"),
    "ParameterDict": "assign a plain dict of Parameters to the network; it learns them",
    "Container": "it is Module",
    "utils": "minicnn.optim has clip_grad_norm_ and clip_grad_value_",
    "parameter": "it is nn.Parameter",
}


def refuse(name: str, own: list[str], place: str = "minicnn.layers") -> NoReturn:
    if name.startswith("_"):
        raise AttributeError(f"module {place!r} has no attribute {name!r}")
    hint = ELSEWHERE.get(name) or did_you_mean(name, own) or "docs/add_a_layer.md shows how"
    raise AttributeError(f"{place} has no {name}; {hint}")
