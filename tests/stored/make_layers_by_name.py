"""Arrays by name, and PyTorch's layers that use them: for make_models_segmentation.py."""

from torch.nn import functional as F


class Weights(dict):
    """A network's arrays by name, and the layers that use them."""

    def conv(self, x, name, **settings):
        return F.conv2d(x, self[f"{name}.weight"], self.get(f"{name}.bias"), **settings)

    def same(self, x, name, dilation=1):
        side = self[f"{name}.weight"].shape[-1]
        return self.conv(x, name, padding=dilation * (side // 2), dilation=dilation)

    def deconv(self, x, name, stride, padding=0):
        return F.conv_transpose2d(x, self[f"{name}.weight"], self.get(f"{name}.bias"), stride,
                                  padding)

    def norm(self, x, name):
        return F.batch_norm(x, *(self[f"{name}.{part}"] for part in (
            "running_mean", "running_var", "weight", "bias")))

    def unit(self, x, name, dilation=1):
        return F.relu(self.norm(self.same(x, f"{name}.conv", dilation), f"{name}.norm"))

    def linear(self, x, name):
        return F.linear(x, self[f"{name}.weight"], self[f"{name}.bias"])

    def trunk(self, x, pools, dilations=(1, 1, 1, 1, 1)):
        """VGG: maps behind each block."""
        found = []
        for block, (pool, dilation) in enumerate(zip(pools, dilations, strict=True), 1):
            for number in (1, 2):
                x = self.unit(x, f"conv{block}_{number}", dilation)
            x = pool(x)
            found.append(x)
        return found

    def resnet(self, x, dilated=(1, 1, 1, 1), first=(1, 1, 1, 1), strides=(1, 2, 2, 2), deep=False,
               on_first=False):
        """One bottleneck a stage: maps behind each."""
        names = ("conv1_1", "conv1_2", "conv1_3") if deep else ("conv1",)
        for number, name in enumerate(names):
            x = self.conv(x, name, stride=1 if number else 2,
                          padding=self[f"{name}.weight"].shape[-1] // 2)
            x = F.relu(self.norm(x, f"{name}_batchnorm2d"))
        found = []
        for number, (dilation, stride) in enumerate(zip(first, strides, strict=True), 2):
            name = f"conv{number}_x.0"
            one, two = (stride, 1) if on_first else (1, stride)
            y = F.relu(self.norm(self.conv(x, f"{name}.body.conv1", stride=one),
                                 f"{name}.body.bn1"))
            y = F.relu(self.norm(self.conv(y, f"{name}.body.conv2", stride=two, padding=dilation,
                                           dilation=dilation), f"{name}.body.bn2"))
            y = self.norm(self.conv(y, f"{name}.body.conv3"), f"{name}.body.bn3")
            if f"{name}.shortcut.projection.0.weight" in self:
                x = self.norm(self.conv(x, f"{name}.shortcut.projection.0", stride=stride),
                              f"{name}.shortcut.projection.1")
            x = F.relu(x + y)
            found.append(x)
        return found


def halved(x):
    return F.max_pool2d(x, 2)


def resized(x, like, corners=False):
    return F.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=corners)
