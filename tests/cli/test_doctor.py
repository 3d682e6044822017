"""`python -m minicnn doctor` reports, and says by its status whether something is to be mended."""

import pytest

from minicnn.analysis import doctor
from tests.cli.common import status


@pytest.mark.parametrize("cure, hint, mark, code", [
    ("", "", " ", 0), ("pip install tqdm", "", "!", 1), ("", "try another", "?", 0)])
def test_the_report_and_its_status(cure, hint, mark, code, capsys, monkeypatch):
    """`make doctor` does not fail because something might be faster."""
    monkeypatch.setattr(doctor, "examine", lambda: [doctor.Finding("tqdm", "4.70", cure, hint)])
    assert status("doctor") == code
    assert capsys.readouterr().out.startswith(f"{mark} tqdm           4.70\n")
