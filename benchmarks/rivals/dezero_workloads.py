"""The workloads in DeZero, for an environment of its own: minicnn never imports this file."""

import sys

import numpy as np

np.int = int                                   # DeZero uses the name that NumPy 1.24 took away

import dezero  # noqa: E402
import dezero.functions as F  # noqa: E402
import dezero.layers as L  # noqa: E402
from serve import Impossible, blas, serve  # noqa: E402


def conv(in_channels, out_channels, kernel_size, stride=1, padding=0, groups=1, bias=True):
    if groups > 1:
        raise Impossible("its convolution has no groups")
    return L.Conv2d(out_channels, kernel_size, stride, padding, not bias, in_channels=in_channels)


class Block(dezero.Model):
    def __init__(self, in_channels, out_channels, stride, option):
        super().__init__()
        self.conv1 = conv(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = L.BatchNorm()
        self.conv2 = conv(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = L.BatchNorm()
        self.stride, self.projected = stride, option == "B" and (
            stride != 1 or in_channels != out_channels)
        self.new = out_channels - in_channels
        if self.projected:
            self.conv3, self.bn3 = conv(in_channels, out_channels, 1, stride, bias=False), \
                L.BatchNorm()

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.projected:
            x = self.bn3(self.conv3(x))
        elif self.new:
            x = AddChannels(self.stride, self.new)(x)
        return F.relu(y + x)


class AddChannels(dezero.Function):
    """Shortcut A, written for DeZero, which has no padding of channels."""

    def __init__(self, stride, new):
        self.stride, self.new = stride, new

    def forward(self, x):
        self.shape = x.shape
        return np.pad(x[:, :, ::self.stride, ::self.stride],
                      ((0, 0), (0, self.new), (0, 0), (0, 0)))

    def backward(self, gy):
        gx = np.zeros(self.shape, gy.dtype)
        gx[:, :, ::self.stride, ::self.stride] = gy.data[:, :self.shape[1]]
        return dezero.Variable(gx)


MAKERS = {
    "Conv2d": conv, "Block": Block, "BatchNorm2d": lambda num_features: L.BatchNorm(),
    "Linear": lambda in_features, out_features: L.Linear(out_features, in_size=in_features),
    "MaxPool2d": lambda kernel_size, stride, padding:
        lambda x: F.pooling(x, kernel_size, stride, padding),
    "AvgPool2d": lambda kernel_size: lambda x: F.average_pooling(x, kernel_size, kernel_size),
    "GlobalAvgPool2d": lambda: lambda x: F.average_pooling(x, x.shape[2:]),
    "ReLU": lambda: F.relu, "Tanh": lambda: F.tanh, "Flatten": lambda: F.flatten,
    "Dropout": lambda p: lambda x: F.dropout(x, p),
}


class Network(dezero.Model):
    def __init__(self, parts):
        super().__init__()
        self.parts = parts
        for number, part in enumerate(parts):
            if isinstance(part, dezero.Layer):
                setattr(self, f"part{number}", part)

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x


def make(what, options):
    if what not in MAKERS:
        raise Impossible(f"it has no {what}")
    return MAKERS[what](**options)


def learnt(part):
    """Its parameters; a batch norm's running averages are none, though DeZero lists them."""
    return [p for p in part.params() if p.name not in ("avg_mean", "avg_var")]


def prepare(workload):
    np.random.seed(0)
    x = np.random.standard_normal(workload["shape"]).astype(np.float32)
    rows = workload["rows"] or [(workload["what"], workload["options"])]
    model = Network([make(what, options) for what, options in rows])
    with dezero.test_mode(), dezero.no_grad():
        y = model(x)                                       # parameters get their sizes
    for parameter in model.params():
        parameter.data = parameter.data.astype(np.float32)
    parameters = sum(parameter.size for parameter in learnt(model))

    if workload["kind"] == "layer":
        array, dy = x, np.random.standard_normal(y.shape).astype(np.float32)

        def layer():
            model.cleargrads()
            y = model(dezero.Variable(array))
            y.grad = dezero.Variable(dy)
            y.backward()
        return layer, parameters

    if workload["kind"] == "forward":
        def forward():
            with dezero.test_mode(), dezero.no_grad():
                model(x)
        return forward, parameters

    labels = np.random.randint(0, rows[-1][1]["out_features"], len(x))
    optimizer = dezero.optimizers.MomentumSGD(lr=1e-3, momentum=0.9).setup(model)

    def train():
        loss = F.softmax_cross_entropy(model(x), labels)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    return train, parameters


if __name__ == "__main__":
    serve({"who": f"DeZero {dezero.__version__}", "python": sys.version.split()[0],
           "numpy": np.__version__, "blas": blas()}, prepare)
