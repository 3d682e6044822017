"""What layers with a sliding window share: their shapes and their receptive field."""

from minicnn.backend.windows import Window
from minicnn.layers.module import Module, Shape


class Windowed(Module):
    """Convolution and pooling, whose `window` says where they look."""

    window: Window

    kernel_size = property(lambda self: self.window.kernel)
    stride = property(lambda self: self.window.stride)
    padding = property(lambda self: self.window.padding)
    dilation = property(lambda self: self.window.dilation)

    def out_shape(self, in_shape: Shape) -> Shape:
        C, H, W = self.image(in_shape)
        try:
            return C, *self.window.out(H, W)
        except ValueError as problem:
            raise ValueError(f"{self.located()}: {problem}") from None

    def receptive_field(self, in_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        return self.window.reach, self.window.stride

    def extra_repr(self) -> str:
        return str(self.window)
