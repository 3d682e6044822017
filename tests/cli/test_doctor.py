"""`python -m minicnn doctor` reports, and says by its status whether all is well."""

import pytest

from minicnn.analysis import doctor
from tests.cli.common import status


@pytest.mark.parametrize("well, code", [(True, 0), (False, 1)])
def test_the_report_and_its_status(well, code, capsys, monkeypatch):
    cure = "" if well else "pip install tqdm"
    monkeypatch.setattr(doctor, "examine", lambda: [doctor.Finding("tqdm", "4.70", cure)])
    assert status("doctor") == code
    assert capsys.readouterr().out.startswith(f"{' ' if well else '!'} tqdm           4.70\n")
