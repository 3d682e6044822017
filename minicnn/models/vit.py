"""ViT: an image as a sequence of patches, read by a transformer.

    name         layers   D      heads   patch   parameters    MACs
    vit_b_16     12        768   12      16       86,567,656    17,563,828,224
    vit_b_32     12        768   12      32       88,224,232     4,409,186,304
    vit_l_16     24       1024   16      16      304,326,632    61,554,712,576
    vit_l_32     24       1024   16      32      306,535,400    15,377,539,072
    vit_h_14     32       1280   16      14      632,045,800   167,295,109,120
    vit_small     4         64    4       4          208,074        15,139,968

All but the last read 224 x 224 images of 1000 classes, the last 32 x 32 ones of 10.

The MACs hold the two products of attention, Q K^T and A V (715,327,488 in vit_b_16); many tables
leave them out.

Slide: memphis, "Transformer (such as ViT)".  Source: Dosovitskiy et al. 2021, "An image is worth
16x16 words", section 3.1, figure 1 and table 1.  Input: colours scaled to mean 0 and variance 1
over the training images.  torchvision's weights load.

Departures from the paper
-------------------------
1. The classifier is one fully connected layer, as the paper has it for fine-tuning; while it learns
   from the largest data there is a hidden layer with tanh before it.
2. Weights start by Xavier's rule, the first convolution's with variance 1 / fan_in and the
   classifier's at 0, as in the authors' program; the paper does not say.  Queries, keys and values
   count as three matrices, though they lie in one.  Biases start at 0; the program draws those of
   the perceptrons with std 1e-6.
3. GELU is the exact one of its paper; the authors' program computes it by tanh.
4. The program also drops a tenth of the attention's shares while it trains; here they all stay.
"""

from functools import partial

from minicnn.data.preparation import Preparation
from minicnn.init import apply_init, lecun_normal, xavier_uniform, zeros
from minicnn.layers.attention import SelfAttention
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.dropout import Dropout
from minicnn.layers.layernorm import LayerNorm
from minicnn.layers.linear import Linear
from minicnn.layers.module import Shape
from minicnn.layers.smooth_activations import GELU
from minicnn.layers.tokens import ClassToken, FirstToken, ImageToTokens, Positions, TokenLinear
from minicnn.models.network import Network, Residual, check_choice, check_classes
from minicnn.models.table import row
from minicnn.weights.names import Names, numbered

# layers, D, heads, patch: table 1, and the patch after the stroke ("ViT-B/16")
SIZES = {"b_16": (12, 768, 12, 16), "b_32": (12, 768, 12, 32), "l_16": (24, 1024, 16, 16),
         "l_32": (24, 1024, 16, 32), "h_14": (32, 1280, 16, 14)}


class Patches(Conv2d):
    """Each patch x patch pixels -> D numbers, for images of the size that has positions."""

    def __init__(self, channels: int, D: int, patch: int, image: int) -> None:
        super().__init__(channels, D, patch, patch)
        self.side = image

    def out_shape(self, in_shape: Shape) -> Shape:
        y_shape = super().out_shape(in_shape)
        if tuple(in_shape[1:]) != (self.side, self.side):
            H, W = in_shape[1:]
            raise ValueError(f"{self.located()}: an image of {H}x{W} pixels came, there are "
                             f"positions for the patches of {self.side}x{self.side}; resize it, "
                             "or build the network with image=...")
        return y_shape


def encoder_block(D: int, heads: int, dropout: float) -> Sequential:
    """Attention, then a perceptron with 4 D hidden units; each behind a norm, each added."""
    attention = Sequential(norm=LayerNorm(D, 1e-6), attention=SelfAttention(D, heads),
                           drop=Dropout(dropout))
    perceptron = Sequential(norm=LayerNorm(D, 1e-6), expand=TokenLinear(D, 4 * D), gelu=GELU(),
                            drop1=Dropout(dropout), project=TokenLinear(4 * D, D),
                            drop2=Dropout(dropout))
    apply_init(attention, weight=xavier_uniform(), bias=zeros)
    apply_init(attention.attention.in_proj, weight=xavier_uniform(groups=3))
    apply_init(perceptron, weight=xavier_uniform(), bias=zeros)
    return Sequential(attention=Residual(attention), perceptron=Residual(perceptron))


class ViT(Network):
    """Vision transformer:  (N, 3, image, image) -> (N, classes) scores.

    Parameters
    ----------
    size : "b_16", "b_32", "l_16", "l_32" or "h_14"    how large, and the patch's side in pixels
    classes : int, default 1000             how many it tells apart
    image : int, default 224                pixels; there is a learnt position for each patch
    dropout : float, default 0.1            behind each fully connected layer and the positions
    shape : tuple, optional                 (layers, D, heads, patch), for a network of another size
    channels : int, default 3               of the image: 1 for grey ones

    >>> ViT("b_16").num_parameters()
    86567656
    """

    published = {"torchvision": Names(
        (r"^patches", "conv_proj"), (r"^class_token\.weight", "class_token"),
        (r"^positions\.weight", "encoder.pos_embedding"),
        (r"^block(\d+)", numbered("encoder.layers.encoder_layer_{}", -1)),
        (r"attention\.body\.norm", "ln_1"), (r"attention\.body\.attention", "self_attention"),
        (r"in_proj\.", "in_proj_"), (r"perceptron\.body\.norm", "ln_2"),
        (r"perceptron\.body\.expand", "mlp.0"), (r"perceptron\.body\.project", "mlp.3"),
        (r"^norm", "encoder.ln"), (r"^head", "heads.head"),
        shapes={r"^class_token": "1 1 D", r"^positions": "1 L D"})}

    def __init__(self, size: str = "b_16", classes: int = 1000, image: int = 224,
                 dropout: float = 0.1, shape: tuple[int, int, int, int] | None = None,
                 channels: int = 3) -> None:
        check_choice("ViT", "size", size, SIZES)
        check_classes("ViT", classes)
        layers, D, heads, patch = shape or SIZES[size]
        if image < patch or image % patch:
            raise ValueError(f"ViT: an image of {image} pixels does not divide into patches of "
                             f"{patch}; take a multiple of {patch}")
        tokens = (image // patch) ** 2 + 1
        cut, scores = Patches(channels, D, patch, image), Linear(D, classes)
        apply_init(cut, weight=lecun_normal(), bias=zeros)
        apply_init(scores, weight=zeros, bias=zeros)
        super().__init__(
            row("patches", cut, ImageToTokens()),
            row("class_token", ClassToken(D)),
            row("positions", Positions(tokens, D), Dropout(dropout)),
            *[row(f"block{number}", encoder_block(D, heads, dropout))
              for number in range(1, layers + 1)],
            row("norm", LayerNorm(D, 1e-6)),
            row("head", FirstToken(), scores), input_shape=(channels, image, image))
        self.variant = "" if shape else size
        published = not shape and size != "h_14" and image == 224
        self.preparation = Preparation(resize=242 if size == "l_16" else 256) if published else None


def vit_small(classes: int = 10, channels: int = 3, dropout: float = 0.0) -> ViT:
    """For 32 x 32 images: 64 patches of 4 x 4, four layers of 64 features."""
    return ViT("b_16", classes, 32, dropout, shape=(4, 64, 4, 4), channels=channels)


NETWORKS = {**{f"vit_{size}": partial(ViT, size) for size in SIZES}, "vit_small": vit_small}
