"""argparse's own messages, in one line and with the name that was meant."""

import pytest

from minicnn.__main__ import parser


@pytest.mark.parametrize("arguments, line", [
    (["sumary"], "minicnn: COMMAND: invalid choice: 'sumary'; did you mean summary? There are ne"),
    (["xyz"], "minicnn: COMMAND: invalid choice: 'xyz'; there are networks, summary"),
    ([], "minicnn: the following arguments are required: COMMAND; see python -m minicnn --help"),
    (["summary"], "minicnn summary: the following arguments are required: network; see"),
    (["train", "lenet5", "--dta", "digits"],
     "minicnn train: there is no option --dta; did you mean --data or --out? see python -m"),
    (["summary", "lenet5", "--formt=csv"], "minicnn summary: there is no option --formt; did you"),
    (["doctor", "--zzz"], "minicnn doctor: there is no option --zzz; there are -h, --help; see"),
    (["summary", "lenet5", "more"], "minicnn: unrecognized arguments: more; see python -m minicnn"),
    (["summary", "lenet5", "--format", "cvs"],
     "minicnn summary: --format: invalid choice: 'cvs'; did you mean csv? There are text, mark"),
])
def test_mistakes(arguments, line, capsys):
    with pytest.raises(SystemExit) as stop:
        parser().parse_args(arguments)
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == "" and err.startswith(line) and err.count("\n") == 1


def test_beginnings_of_options_and_what_follows_two_dashes():
    assert parser().parse_args(["summary", "lenet5", "--form", "csv"]).format == "csv"
    assert parser().parse_args(["networks", "--", "--form"]).word == "--form"


@pytest.mark.parametrize("asked", [["--help"], ["train", "--help"], ["--version"]])
def test_of_several_processes_the_first_helps(asked, capsys, monkeypatch):
    said = []
    for rank in ("0", "1"):
        monkeypatch.setenv("PMI_RANK", rank)
        with pytest.raises(SystemExit, match="^0$"):
            parser().parse_args(asked)
        said.append(capsys.readouterr().out)
    assert "minicnn" in said[0] and said[1] == ""
