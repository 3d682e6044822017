"""Every meeting of a pixel and a cell is named by the phases, and named once."""

from hypothesis import assume, given, settings

from minicnn.backend.cpu.phases import margins, phases
from minicnn.backend.windows import Window
from tests.backend.test_windows import fits, sizes, windows


@given(windows(ceil_mode=False), sizes, sizes)
@settings(max_examples=200, deadline=None)
def test_phases_name_every_meeting_of_pixel_and_cell_once(window, H, W):
    """(h, w) lies under (u, v) of window (i, j): from the phases, and from the windows."""
    assume(fits(window, H, W))
    (OH, OW), (SH, SW), (DH, DW) = window.out(H, W), window.stride, window.dilation
    (top, _), (left, _) = window.borders(H, W)
    KH, KW = window.kernel
    right = {(h, w, u, v, i, j) for u, v in window.cells() for i in range(OH) for j in range(OW)
             for h in [i * SH + u * DH - top] for w in [j * SW + v * DW - left]
             if 0 <= h < H and 0 <= w < W}
    (above, below), (before, after) = margins(window, H, W)
    found, pixels = [], []
    for rows, columns, us, vs, firsts in phases(window, H, W):
        pixels += [(h, w) for h in range(H)[rows] for w in range(W)[columns]]
        cells = [(u, v) for u in range(KH)[us] for v in range(KW)[vs]]
        for (u, v), (first_i, first_j) in zip(cells, firsts, strict=True):
            for i, h in enumerate(range(H)[rows], first_i):
                for j, w in enumerate(range(W)[columns], first_j):
                    assert -above <= i < OH + below and -before <= j < OW + after
                    if 0 <= i < OH and 0 <= j < OW:        # else dy is 0 there
                        found.append((h, w, u, v, i, j))
    assert len(found) == len(set(found)) and set(found) == right
    assert sorted(pixels) == [(h, w) for h in range(H) for w in range(W)]


def test_margins_by_hand():
    """No more zeros than are met: kernel 3 reaches back over 2 windows at stride 1, over 1 at 2."""
    assert margins(Window.of(3), 5, 6) == ((2, 2), (2, 2))
    assert margins(Window.of(3, 2), 6, 7) == ((1, 1), (1, 1))
