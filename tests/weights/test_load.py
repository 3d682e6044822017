"""minicnn.load takes PyTorch's words."""

import numpy as np
import pytest

from minicnn import load, save


def test_words_of_pytorch(tmp_path):
    """load(path, weights_only=True, map_location="cpu") is taken; what would change it is not."""
    path = save({"w": np.ones(2, np.float32)}, tmp_path / "w.npz")
    assert load(path, weights_only=True, map_location="cpu")["w"].tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="load: weights_only=False would run what the file says"):
        load(path, weights_only=False)
    with pytest.raises(ValueError, match="load: map_location is 'cuda'; the arrays come to the C"):
        load(path, map_location="cuda")
