"""What the library timm calls the arrays of NASNet-A large, and the pictures of its weights.

They are the authors' own, and so is the network here.  timm's program for them differs: its average
pooling counts the zeros of the border, the authors' (count_include_pad=False) does not.
"""

import re

from minicnn.data.preparation import Preparation
from minicnn.weights.names import Names


def side(found: re.Match[str]) -> str:
    """Two operations make a sum: 0 and 1 are the left and the right one of sum 0."""
    number = int(found[1])
    return f"comb_iter_{number // 2}_{('left', 'right')[number % 2]}"


NAMES = Names(
    (r"^conv0\.norm", "conv0.bn"), (r"operations\.(\d)", side),
    (r"depthwise(\d)", r"separable_\1.depthwise_conv2d"),
    (r"pointwise(\d)", r"separable_\1.pointwise_conv2d"), (r"norm(\d)", r"bn_sep_\1"),
    (r"x_conv\.conv", "conv_1x1.conv"), (r"x_conv\.norm", "conv_1x1.bn"),
    (r"p_conv\.join\.even", "path_1.conv"), (r"p_conv\.join\.odd\.1", "path_2.conv"),
    (r"^(cell_stem_1|cell_0|cell_6|cell_12)\.p_conv\.norm", r"\1.final_path_bn"),  # of "halved"
    (r"p_conv\.conv", "conv_prev_1x1.conv"), (r"p_conv\.norm", "conv_prev_1x1.bn"))

OF_LARGE = {"timm": NAMES}, Preparation(331, 363, (0.5,) * 3, (0.5,) * 3, bicubic=True)
