"""Tests of the faster versions run them, whatever MINICNN_FAST says."""

import pytest

from minicnn.backend.versions import switch


@pytest.fixture(autouse=True)
def faster_versions_run(monkeypatch):
    monkeypatch.setattr(switch, "fast", True)
