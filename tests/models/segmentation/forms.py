"""The segmentation networks that are compared with stored numbers, and how they are filled."""

from zlib import crc32

from minicnn.models import SEGMENTERS
from minicnn.models.segmentation.unet import UShaped, double, transposed, u_rows
from tests.stored.filled import filled

SMALL = {name: {} if name == "sam_toy" else {"variant": "small"} for name in SEGMENTERS
         if not name.endswith("101") or name == "refinenet101"}
SIDE = {"valid unet": (44, 44), "segnet": (52, 41), "segnet_basic": (52, 41),
        "deeplab_v1": (49, 57), "deeplab_v2": (49, 57), "deeplabv3_resnet50": (49, 57),
        "fcn_resnet50": (49, 57), "pspnet50": (49, 57), "dilated8": (72, 64)}


class ValidUNet(UShaped):
    """The paper's U-Net with fewer and narrower steps."""

    def __init__(self):
        super().__init__(*u_rows(1, (4, 6, 8), 2, lambda a, b: double(a, b, "valid", norm=False),
                                 transposed, crops=True), input_shape=(1, 44, 44))
        self.steps = 3


def network(name):
    return ValidUNet() if name == "valid unet" else SEGMENTERS[name](**SMALL[name])


def size(name):
    return SIDE.get(name, (64, 64))


def values(name, shape):
    """Weights that name and shape alone decide."""
    return filled(crc32(name.encode()), name, shape)


def filled_in(model):
    for name, value in model.saved():
        if not name.endswith("num_batches_tracked"):
            value.data = values(name, value.shape)
    return model.eval()
