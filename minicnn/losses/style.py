"""Style: which features come together, wherever in the picture; and how smooth a picture is.

    G[n, c, d] = 1/(C H W) sum_{i, j} x[n, c, i, j] x[n, d, i, j]         gram
    dx[n, c, i, j] = 1/(C H W) sum_d (dG[n, c, d] + dG[n, d, c]) x[n, d, i, j]

    TV = mean |x[i + 1, j] - x[i, j]| + mean |x[i, j + 1] - x[i, j]|      total_variation

The sum over all pixels forgets where a feature was, and keeps that a stroke of blue tends to be one
that winds: the texture.  The papers divide differently: Gatys compares sums by 1/(4 C^2 (H W)^2),
which is a quarter of the squared difference of these G.  To divide once is enough; ports that
divide by C H W twice get a style that is too weak to be seen.

Both are made of operations that have their gradients; where two neighbours are equal, |x| has the
gradient 0.

Source: Gatys, Ecker and Bethge 2016, "Image style transfer using convolutional neural networks",
equations 3 and 4; Johnson et al. 2016, equation 3 and section 3.2 (total variation).  Slides:
virginia, "CNNs are everywhere" (style transfer).
"""

from minicnn.autograd.tensor import Tensor


def check_images(name: str, x: Tensor, least: int) -> None:
    if x.ndim != 4 or min(x.shape[1:]) < 1 or min(x.shape[2:]) < least:
        raise ValueError(f"{name}: expected images (N, C, H, W) of at least {least}x{least} pixels,"
                         f" got {x.shape}")


def gram(x: Tensor) -> Tensor:
    """Gram matrices of features:  (N, C, H, W) -> (N, C, C).

    >>> gram(Tensor([[[[1.0, 1.0]], [[2.0, 0.0]]]])).numpy().tolist()     # C H W = 4
    [[[0.5, 0.5], [0.5, 1.0]]]
    """
    check_images("gram", x, 1)
    N, C, H, W = x.shape
    f = x.reshape(N, C, H * W)
    return f @ f.permute(0, 2, 1) * (1 / (C * H * W))      # (N, C, C)


def total_variation(x: Tensor) -> Tensor:
    """How much neighbours differ, a single number; images (N, C, H, W) of at least 2 x 2.

    >>> total_variation(Tensor([[[[0.0, 3.0], [0.0, 3.0]]]])).item()      # 0 down, 3 across
    3.0
    """
    check_images("total_variation", x, 2)
    down, across = x[:, :, 1:] - x[:, :, :-1], x[:, :, :, 1:] - x[:, :, :, :-1]
    return abs(down).mean() + abs(across).mean()
