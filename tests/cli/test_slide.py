"""`slide`: where a slide is; and `exercise`: a question of the book, and is the answer right?"""

from tests.cli.common import status


def test_slide(capsys):
    assert status("slide", "squeeze") == 0
    said = capsys.readouterr().out
    assert "minicnn/layers/squeeze_excite.py:" in said and "(SqueezeExcite)" in said
    assert 'stanford "Squeeze-and-Excitation Networks (SENet)"' in said
    assert "tests/layers/test_squeeze_excite.py" in said and "gradcheck SqueezeExcite" in said


def test_words_of_slides_only_lead_to_the_entries_behind(capsys):
    assert status("slide", "exponential", "multiplicity") == 0
    said = capsys.readouterr().out
    assert "minicnn/layers/residual.py:" in said and "experiment paths" in said


def test_a_slide_that_is_not_there(capsys):
    assert status("slide", "bachnorm") == 2
    assert "did you mean batchnorm" in capsys.readouterr().err


def test_slide_and_slides_point_at_each_other(capsys):
    assert status("slide", "--help") == status("slides", "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "another command: slides, with an s" in said and "another command: slide)" in said


def test_exercise(capsys):
    assert status("exercise") == 0
    assert capsys.readouterr().out.startswith("1.1   AlexNet's first layer")
    assert status("exercise", "1.2") == 0
    assert "How many parameters" in capsys.readouterr().out
    assert status("exercise", "1.2", "416") == 1
    assert "you gave each filter one layer" in capsys.readouterr().out
    assert status("exercise", "1.2", "2416") == 0
    assert capsys.readouterr().out.startswith("right: 2,416\nA filter reads all six maps")
    assert status("exercise", "1.3", "-2.7") == 0          # not taken for an option
    assert status("exercise", "1.3", "--show") == 0
    assert "= -2.7" in capsys.readouterr().out
    assert status("exercise", "1.2", "many") == status("exercise", "99.1") == 2
