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
    assert "minicnn/experiments/unravel.py:" in said and "experiment paths" in said


def test_one_topic_in_full_and_the_others_by_name(capsys):
    assert status("slide", "inception") == 0
    said = capsys.readouterr().out
    assert said.startswith("GoogLeNet, the Inception modules\n")
    assert said.count("  source ") == 1                    # once the whole lines fill a screen
    assert "  python -m minicnn slide inception_v3         Inception v3\n" in said
    assert status("slide", "inception_v3") == 0
    assert capsys.readouterr().out.startswith("Inception v3\n")


def test_what_is_deleted_leads_to_the_lesions(capsys):
    assert status("slide", "delete") == status("slide", "deleting", "many") == 0
    said = capsys.readouterr().out
    assert said.count("Lesions: ") == 2 and "  python -m minicnn experiment lesion\n" in said
    assert '  python -m minicnn experiment lesions\n      iitk "Deleting many Layers"\n' in said


def test_dropout_is_shown_at_the_details_of_alexnet(capsys):
    assert status("slide", "details", "--deck", "unicamp") == 0
    assert '  python -m minicnn experiment dropout\n      unicamp "AlexNet, Details"' in \
        capsys.readouterr().out


def test_one_deck(capsys):
    assert status("slide", "inception", "--deck", "iit") == 0
    said = capsys.readouterr().out
    assert 'iitk "Inception Module"' in said and "stanford" not in said
    assert "slide inception_v2 " in said and "inception_v3" not in said      # not in this deck


def test_a_slide_that_is_not_there(capsys):
    assert status("slide", "bachnorm") == 2
    assert "did you mean batchnorm" in capsys.readouterr().err
    assert status("slide", "dropout", "--deck", "standford") == 2
    assert "no deck is called 'standford'; there are virginia, " in (
        said := capsys.readouterr().err) and "did you mean stanford?" in said
    assert status("slide", "xception", "--deck", "iitk") == 2
    assert "of iitk speaks of 'xception'; try it without --deck" in capsys.readouterr().err


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
