"""Farabet's pyramid: its levels, its shared features, its sizes."""

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.layers import Identity
from minicnn.models import build
from minicnn.models.segmentation.farabet import Pyramid


def test_a_pyramid_without_normalisation_adds_up_again(rng):
    """Level and enlarged next level, from the last one up, are the picture."""
    pyramid = Pyramid(3)
    pyramid.norm = Identity()
    x = Tensor(rng.standard_normal((2, 3, 16, 24)))
    first, second, third = pyramid(x)
    assert [level.shape[2:] for level in (first, second, third)] == [(16, 24), (8, 12), (4, 6)]
    back = second + pyramid.up(third, (8, 12))
    np.testing.assert_allclose((first + pyramid.up(back, (16, 24))).numpy(), x.numpy(), atol=1e-12)


def test_flat_pictures_have_no_levels():
    for level in Pyramid(3, 7)(Tensor(np.full((1, 3, 16, 16), 5.0))):
        np.testing.assert_allclose(level.numpy(), 0, atol=1e-9)


def test_one_network_for_all_sizes():
    """The features' weights are there once; the fewer sizes, the smaller only the hidden layer."""
    three, one = (build("farabet", variant="small", scales=scales) for scales in (3, 1))
    assert three.features.num_parameters() == one.features.num_parameters() == 27_584
    assert three.num_parameters() - one.num_parameters() == 2 * 64 * 64


def test_what_is_far_away_reaches_a_pixel_by_the_coarse_sizes(rng):
    """With one size a corner's scores do not see the opposite corner, with three they do."""
    x = rng.standard_normal((1, 3, 128, 128)).astype("f")
    other = x.copy()
    other[..., 88:, 88:] += rng.standard_normal((40, 40)).astype("f")
    for scales, sees in ((1, False), (3, True)):
        model = build("farabet", variant="small", scales=scales).eval()
        model.pyramid.norm = Identity()                    # its `typical` sees the whole level
        changed = np.abs(model(Tensor(x)).numpy() - model(Tensor(other)).numpy())[0, :, 40, 40]
        assert (changed.max() > 0) == sees


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match="Farabet: no scales 4; there are 1, 2, 3"):
        build("farabet", scales=4)
    with pytest.raises(ValueError, match="halved 4 times .* must divide by 16: cut it to 32x48"):
        build("farabet").shape((3, 40, 50))
