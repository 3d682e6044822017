"""The workloads in Chainer, for an environment of its own: minicnn never imports this file."""

import sys

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from serve import Impossible, blas, serve


def conv(in_channels, out_channels, kernel_size, stride=1, padding=0, groups=1, bias=True):
    return L.Convolution2D(in_channels, out_channels, kernel_size, stride, padding,
                           nobias=not bias, groups=groups)


def norm(num_features):
    return L.BatchNormalization(num_features, decay=0.9, eps=1e-5)


class Block(chainer.Chain):
    def __init__(self, in_channels, out_channels, stride, option):
        super().__init__()
        self.stride, self.new = stride, out_channels - in_channels
        self.projected = option == "B" and (stride != 1 or self.new > 0)
        with self.init_scope():
            self.conv1 = conv(in_channels, out_channels, 3, stride, 1, bias=False)
            self.bn1 = norm(out_channels)
            self.conv2 = conv(out_channels, out_channels, 3, 1, 1, bias=False)
            self.bn2 = norm(out_channels)
            if self.projected:
                self.conv3 = conv(in_channels, out_channels, 1, stride, bias=False)
                self.bn3 = norm(out_channels)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.projected:
            x = self.bn3(self.conv3(x))
        elif self.new:
            x = F.pad(x[:, :, ::self.stride, ::self.stride],
                      ((0, 0), (0, self.new), (0, 0), (0, 0)), "constant")
        return F.relu(y + x)


def maxpool(kernel_size, stride, padding):
    return lambda x: F.max_pooling_2d(x, kernel_size, stride, padding, cover_all=False)


def lrn(size, alpha, beta, k):                             # Chainer does not divide alpha by size
    return lambda x: F.local_response_normalization(x, size, k, alpha / size, beta)


MAKERS = {
    "Conv2d": conv, "BatchNorm2d": norm, "Block": Block, "MaxPool2d": maxpool,
    "LocalResponseNorm": lrn,
    "Linear": lambda in_features, out_features: L.Linear(in_features, out_features),
    "AvgPool2d": lambda kernel_size: lambda x: F.average_pooling_2d(x, kernel_size),
    "GlobalAvgPool2d": lambda: lambda x: F.average_pooling_2d(x, x.shape[2:]),
    "ReLU": lambda: F.relu, "Tanh": lambda: F.tanh,
    "Flatten": lambda: lambda x: x.reshape(len(x), -1),
    "Dropout": lambda p: lambda x: F.dropout(x, p),
}


def make(what, options):
    if what not in MAKERS:
        raise Impossible(f"no {what} here")
    return MAKERS[what](**options)


def prepare(workload):
    np.random.seed(0)
    x = np.random.standard_normal(workload["shape"]).astype(np.float32)
    if workload["kind"] == "layer":
        return layer(workload, x)
    model = chainer.Sequential(*(make(what, options) for what, options in workload["rows"]))
    if workload["kind"] == "forward":
        def forward():
            with chainer.using_config("train", False), chainer.no_backprop_mode():
                model(x)
        return forward, model.count_params()

    labels = np.random.randint(0, workload["rows"][-1][1]["out_features"], len(x))
    labels = labels.astype(np.int32)
    optimizer = chainer.optimizers.MomentumSGD(lr=1e-3, momentum=0.9).setup(model)

    def train():
        loss = F.softmax_cross_entropy(model(x), labels)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    return train, model.count_params()


def layer(workload, array):
    part = make(workload["what"], workload["options"])
    x = chainer.Variable(array, requires_grad=not workload["first"])
    dy = np.random.standard_normal(part(x).shape).astype(np.float32)
    learns = isinstance(part, chainer.Link)

    def step():
        x.cleargrad()
        if learns:
            part.cleargrads()
        y = part(x)
        y.grad = dy
        y.backward()
    return step, part.count_params() if learns else 0


if __name__ == "__main__":
    serve({"who": f"Chainer {chainer.__version__}", "python": sys.version.split()[0],
           "numpy": np.__version__, "blas": blas()}, prepare)
