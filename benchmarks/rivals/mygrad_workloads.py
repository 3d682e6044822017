"""The workloads in MyGrad, for an environment of its own: minicnn never imports this file."""

import sys

import mygrad as mg
import numpy as np
from mygrad import nnet
from serve import Impossible, blas, serve

PARAMETERS = []


def parameter(*shape, spread=None):
    rng = np.random.default_rng(len(PARAMETERS))
    values = np.zeros(shape, np.float32) if spread is None else \
        rng.standard_normal(shape, np.float32) * np.float32(spread)
    PARAMETERS.append(mg.tensor(values))
    return PARAMETERS[-1]


def conv(in_channels, out_channels, kernel_size, stride=1, padding=0, groups=1, bias=True):
    if groups > 1:
        raise Impossible("its convolution has no groups")
    w = parameter(out_channels, in_channels, kernel_size, kernel_size,
                  spread=(2 / (in_channels * kernel_size ** 2)) ** 0.5)
    if not bias:
        return lambda x: nnet.layers.conv_nd(x, w, stride=stride, padding=padding)
    b = parameter(1, out_channels, 1, 1)
    return lambda x: nnet.layers.conv_nd(x, w, stride=stride, padding=padding) + b


def linear(in_features, out_features):
    w = parameter(in_features, out_features, spread=(2 / in_features) ** 0.5)
    b = parameter(out_features)
    return lambda x: x @ w + b


def norm(num_features):
    gamma, beta = parameter(num_features), parameter(num_features)
    gamma.data[...] = 1
    return lambda x: nnet.layers.batchnorm(x, gamma=gamma, beta=beta, eps=1e-5)


def maxpool(kernel_size, stride, padding):
    if padding:
        raise Impossible("its max pooling has no padding")
    return lambda x: nnet.layers.max_pool(x, (kernel_size, kernel_size), stride)


def avgpool(kernel_size):
    K = kernel_size

    def pool(x):
        N, C, H, W = x.shape
        return x.reshape(N, C, H // K, K, W // K, K).mean(axis=(3, 5))
    return pool


MAKERS = {
    "Conv2d": conv, "Linear": linear, "BatchNorm2d": norm, "MaxPool2d": maxpool,
    "AvgPool2d": avgpool, "ReLU": lambda: nnet.activations.relu, "Tanh": lambda: mg.tanh,
    "Flatten": lambda: lambda x: x.reshape(len(x), -1),
}


def network(workload):
    rows = workload["rows"] or [(workload["what"], workload["options"])]
    if any(what in ("Block", "Bottleneck") for what, _ in rows):
        raise Impossible("its 3x3 convolution of stride 2 refuses even images")
    if workload["kind"] == "forward":                      # dropout does nothing there
        if any(what == "BatchNorm2d" for what, _ in rows):
            raise Impossible("its batch norm has no running averages")
        rows = [row for row in rows if row[0] != "Dropout"]
    for what, _ in rows:
        if what not in MAKERS:
            raise Impossible(f"it has no {what}")
    PARAMETERS.clear()
    parts = [MAKERS[what](**options) for what, options in rows]

    def model(x):
        for part in parts:
            x = part(x)
        return x
    return model


def prepare(workload):
    rng = np.random.default_rng(0)
    array = rng.standard_normal(workload["shape"], np.float32)
    model = network(workload)
    try:
        with mg.no_autodiff:
            y_shape = model(mg.tensor(array)).shape
    except ValueError as refusal:                          # windows that do not tile the image
        raise Impossible(str(refusal).split(":")[0].strip()) from None
    size = sum(parameter.size for parameter in PARAMETERS)

    if workload["kind"] == "layer":
        dy = rng.standard_normal(y_shape, np.float32)

        def layer():
            model(mg.tensor(array, constant=workload["first"])).backward(dy)
        return layer, size

    if workload["kind"] == "forward":
        def forward():
            with mg.no_autodiff:
                model(mg.tensor(array))
        return forward, size

    labels = rng.integers(0, y_shape[1], len(array))
    velocity = [np.zeros_like(parameter.data) for parameter in PARAMETERS]

    def train():
        nnet.losses.softmax_crossentropy(model(mg.tensor(array, constant=True)), labels).backward()
        for parameter, v in zip(PARAMETERS, velocity, strict=True):
            v *= np.float32(0.9)
            v += parameter.grad
            parameter.data -= np.float32(1e-3) * v
            parameter.null_grad()
    return train, size


if __name__ == "__main__":
    mg.turn_memory_guarding_off()              # as its manual advises where speed counts
    serve({"who": f"MyGrad {mg.__version__}", "python": sys.version.split()[0],
           "numpy": np.__version__, "blas": blas()}, prepare)
