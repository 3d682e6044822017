import pytest

from minicnn.experiments import pictures
from minicnn.experiments.experiment import Settings

FOUND = {}                             # the drawn pictures of all tests


@pytest.fixture
def tiny(drawn_digits, tmp_path, monkeypatch):
    """tiny(seeds) are settings that run through, on pictures that minicnn draws, a few of them."""
    monkeypatch.setenv("MINICNN_CACHE", str(drawn_digits))
    monkeypatch.setenv("MINICNN_OFFLINE", "1")
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    monkeypatch.setattr(pictures, "_found", FOUND)
    monkeypatch.setattr(pictures, "DRAWN", {"train": (300, 0), "test": (100, 1)})

    def settings(seeds=(0,), **more):
        return Settings(**{"seeds": seeds, "form": "tiny", "bars": False, "say": lambda line: None,
                           "cache": tmp_path / "cache", **more})
    return settings
