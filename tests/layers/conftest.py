"""Tests of layers run in both modes (`mode` in tests/conftest.py) if they compute numbers."""

import re

import pytest

NO_NUMBERS = re.compile("says|refus|names|costs|wants|start_|field|sizes")       # in a test's name


def pytest_pycollect_makeitem(name, obj):
    if name.startswith("test_") and not NO_NUMBERS.search(name):
        pytest.mark.usefixtures("mode")(obj)
