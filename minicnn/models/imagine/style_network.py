"""Fast style transfer: one network has learnt one painting, and paints any picture in one pass.

    row      layers                                            output, of 3 x 256 x 256   parameters
    conv1    convolution 9x9, instance norm, ReLU               32 x 256 x 256                7,840
    conv2    convolution 3x3 at a stride of 2, the same         64 x 128 x 128               18,560
    conv3    convolution 3x3 at a stride of 2, the same        128 x 64 x 64                 73,984
    unit1    x + norm(conv(relu(norm(conv(x))))), 3x3          128 x 64 x 64                295,424
    ...      five of these                                                               1,477,120
    up1      transposed convolution 3x3, stride 2, norm, ReLU   64 x 128 x 128               73,856
    up2      transposed convolution 3x3, stride 2, norm, ReLU   32 x 256 x 256               18,496
    colours  convolution 9x9, norm, 150 tanh + 127.5             3 x 256 x 256                7,782
                                                                                 in all   1,677,638

Red, green and blue go in as they are, 0 to 255, and come out so.  It is trained on photographs with
the losses of style.py, and so has learnt to do in one pass what those need hundreds of steps for;
instance norm forgets the contrast of the photograph, which a style should not depend on.

Source: Johnson, Alahi and Fei-Fei 2016, "Perceptual losses for real-time style transfer and
super-resolution", and its appendix; Ulyanov et al. 2016 (instance norm).  Slides: virginia, "CNNs
are everywhere" (style transfer).

Departures from the paper
-------------------------
1. Instance norm stands where the paper had batch norm; there is one behind the last convolution,
   too, and no border of mirrored pixels at the beginning: as in the program fast-style-transfer,
   whose published weights load here.
2. That program enlarges and shrinks by TensorFlow's "same": at a stride of 2 an image of even sides
   gets one row of zeros below and one column to the right, none above and to the left.
3. Training it takes 80,000 photographs and hours on a GPU.  Its loss is style.py's; no recipe is
   here.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.init import apply_init, normal, zeros
from minicnn.layers.activations import ReLU
from minicnn.layers.conv import Conv2d
from minicnn.layers.conv_transpose import ConvTranspose2d
from minicnn.layers.groupnorm import InstanceNorm2d
from minicnn.layers.module import Module
from minicnn.layers.residual import Add
from minicnn.models.table import TableNet, row
from minicnn.weights.error import WeightsError

EPS = 1e-3


def norm(channels: int) -> InstanceNorm2d:
    return InstanceNorm2d(channels, eps=EPS, affine=True)


def conv(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> Conv2d:
    return Conv2d(in_channels, out_channels, kernel_size, stride, padding="same", bias=False)


class StyleUnit(Module):
    """x + norm(conv(relu(norm(conv(x))))):  (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        self.conv1, self.norm1 = conv(channels, channels, 3), norm(channels)
        self.conv2, self.norm2 = conv(channels, channels, 3), norm(channels)
        self.relu, self.add = ReLU(), Add()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.norm1(self.conv1(x)))
        return self.add(x, self.norm2(self.conv2(y)))


class Enlarge(Module):
    """Twice as high and wide, by a transposed convolution:  (N, C, H, W) -> (N, F, 2H, 2W)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        self.conv = ConvTranspose2d(in_channels, out_channels, 3, 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        H, W = x.shape[2:]
        return self.conv(x)[:, :, :2 * H, :2 * W]          # its last row and column are too many


class Paint(Module):
    """150 tanh(x) + 127.5: any number becomes a colour, and a little more than black and white."""

    def forward(self, x: Tensor) -> Tensor:
        return 150.0 * x.tanh() + 127.5


class StyleNetwork(TableNet):
    """A painter:  (N, 3, H, W) of 0 to 255 -> (N, 3, H, W), sides that divide by 4.

    >>> StyleNetwork().shape((3, 252, 384)), StyleNetwork().num_parameters()
    ((3, 252, 384), 1677638)
    """

    def __init__(self) -> None:
        self.input_shape = (3, 256, 256)
        super().__init__(
            row("conv1", conv(3, 32, 9), norm(32), ReLU()),
            row("conv2", conv(32, 64, 3, 2), norm(64), ReLU()),
            row("conv3", conv(64, 128, 3, 2), norm(128), ReLU()),
            *(row(f"unit{number}", StyleUnit(128)) for number in range(1, 6)),
            row("up1", Enlarge(128, 64), norm(64), ReLU()),
            row("up2", Enlarge(64, 32), norm(32), ReLU()),
            row("colours", conv(32, 3, 9), norm(3), Paint()))
        apply_init(self, normal(0.1), zeros)

    def paint(self, picture: np.ndarray) -> np.ndarray:
        """(3, H, W) of 0 to 255 of any size -> the same painted, float32, 0 to 255."""
        H, W = picture.shape[1:]
        grown = np.pad(picture, ((0, 0), (0, -H % 4), (0, -W % 4)), mode="edge")
        with no_grad():
            y = self.eval()(Tensor(grown[None].astype(np.float32))).numpy()
        return y[0, :, :H, :W].clip(0, 255)                # (3, H, W)


def published(folder: Any) -> StyleNetwork:
    """The painter of a folder of fast-style-transfer: manifest.json, and a file for each array.

    The arrays are raw float32, lowest byte first, in the order of the layers: of each the filter
    (KH, KW, in, out), of a transposed one (KH, KW, out, in), then norm's bias and its weight.
    """
    arrays, model = read_arrays(Path(folder)), StyleNetwork()
    own = {name: value.shape for name, value in model.state_dict().items()}
    filters = [name for name in own if len(own[name]) == 4]
    order = [name for part in filters for name in (part, *affine_of(part))]
    if len(arrays) != len(order):
        raise WeightsError(f"{folder}: {len(arrays)} arrays, the style network has {len(order)}")
    values = {}
    for (theirs, array), name in zip(arrays.items(), order, strict=True):
        if array.ndim == 4:
            array = array.transpose(3, 2, 0, 1)            # (out, in, KH, KW)
        if array.shape != own[name]:
            raise WeightsError(f"{folder}: {theirs} is {array.shape}, {name} needs {own[name]}; is "
                               "it another network?")
        values[name] = array
    model.load_state_dict(values)
    return model


def affine_of(filter_name: str) -> tuple[str, str]:
    """The names of the norm behind a filter: bias, then weight."""
    label = filter_name.split(".")[0]
    norm_name = f"{label}.norm{filter_name.split('.')[1][-1]}" if label.startswith("unit") \
        else f"{label}_instancenorm2d"
    return f"{norm_name}.bias", f"{norm_name}.weight"


def read_arrays(folder: Path) -> dict[str, np.ndarray]:
    """{name: array} in the order of their numbers: Variable, Variable_1, ..."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise WeightsError(f"{folder}: no manifest.json there; expected a folder of "
                           "fast-style-transfer-deeplearnjs, as its ckpts/udnie")
    try:
        listed = json.loads(manifest.read_text("utf-8"))
        found = [(int((name.split("_") + ["0"])[1]), name, str(entry["filename"]),
                  tuple(map(int, entry["shape"]))) for name, entry in listed.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise WeightsError(f"{manifest}: not a list of arrays with filename and shape "
                           f"({problem})") from None
    arrays = {}
    for _, name, filename, shape in sorted(found):
        path = folder / Path(filename).name                # inside the folder, whatever it says
        if not path.is_file():
            raise WeightsError(f"{folder}: {filename} is missing, the manifest has {name}")
        bytes_needed = 4 * int(np.prod(shape))
        if path.stat().st_size != bytes_needed:
            raise WeightsError(f"{path}: {path.stat().st_size:,} bytes, {shape} of float32 needs "
                               f"{bytes_needed:,}; a download that ended early?")
        arrays[name] = np.fromfile(path, "<f4").reshape(shape)
    return arrays
