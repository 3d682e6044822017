"""Losses and scores of a segmenter and a detector, drawn."""

import pytest

from minicnn.analysis.curves_picture import score_curves

pytest.importorskip("matplotlib")
MAPS = [{"epoch": i + 1, "loss": 1 / (i + 1), "val_loss": 2 / (i + 1), "error": 50 - i,
         "miou": 50.0 + i, "dice": 60.0 + i, "pixel_accuracy": 90.0} for i in range(4)]
BOXES = [{"epoch": i + 1, "loss": 1 / (i + 1), "error": 90 - i, "ap": 10.0 + i, "ap50": 30.0 + i,
          "ap75": 9.0} for i in range(4)]


def labels(axes):
    return [line.get_label() for line in axes.lines]


@pytest.mark.parametrize("history, losses, scores, title", [
    (MAPS, ["training", "test"], ["mean IoU", "mean Dice", "pixel accuracy"], "mean IoU: 53.0 %"),
    (BOXES, ["training"], ["AP", "AP50", "AP75"], "AP: 13.0 %"),
    ([line | {"mask_ap": 5.0} for line in BOXES], ["training"], ["AP", "AP50", "AP75", "mask AP"],
     "AP: 13.0 %"), (BOXES[:1], ["training"], ["AP", "AP50", "AP75"], "AP: 10.0 %")])
def test_what_is_drawn(history, losses, scores, title):
    picture = score_curves(history, title="a network")
    left, right = picture.figure.axes
    assert labels(left) == losses and labels(right) == scores
    assert right.get_title() == f"{title} in the end"
    assert list(right.lines[0].get_ydata()) == [line.get("miou", line.get("ap"))
                                                for line in history]
    assert list(left.lines[0].get_ydata()) == [line["loss"] for line in history]


def test_a_file_is_written(tmp_path):
    assert score_curves(MAPS, tmp_path / "a.png").path.stat().st_size > 10_000


@pytest.mark.parametrize("history", [[], [{"epoch": 1, "loss": 1, "error": 5.0}]])
def test_a_history_without_scores(history):
    with pytest.raises(ValueError, match="the history has none of miou, dice"):
        score_curves(history)
