"""VOC's and COCO's average precision: by hand, in loops, and as pycocotools has counted it."""

import json
from pathlib import Path

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.training.metrics import DetectionMetric
from minicnn.training.metrics.detection import at_101

STORED = json.loads((Path(__file__).parents[2] / "stored" / "detection_metrics.json").read_text())
BOX, AWAY = [0, 0, 10, 10], [50, 50, 60, 60]


def found(*boxes, labels=None, scores=None, **more):
    n = len(boxes)
    return {"boxes": list(boxes), "labels": labels or [1] * n,
            "scores": scores or [0.9 - 0.01 * i for i in range(n)], **more}


def truth(*boxes, labels=None, **more):
    return {"boxes": list(boxes), "labels": labels or [1] * len(boxes), **more}


def judged(*pictures, classes=2):
    metric = DetectionMetric(classes)
    for answer, there in pictures:
        metric.add(answer, there)
    return metric


# --- as pycocotools -------------------------------------------------------------------------------

def with_masks(part):
    """Discs of the fixture as masks, and the boxes around them."""
    if "discs" not in part:
        return part
    size = STORED["size"]
    rows, columns = np.mgrid[:size, :size]
    return part | {"masks": np.array([(columns - x) ** 2 + (rows - y) ** 2 <= r * r
                                      for x, y, r in part["discs"]]),
                   "boxes": [[x - r, y - r, x + r + 1, y + r + 1] for x, y, r in part["discs"]]}


@pytest.mark.parametrize("name", STORED["sets"])
def test_pycocotools(name):
    """Every class at every threshold, in the last digits; null of the fixture is our NaN."""
    given = STORED["sets"][name]
    metric = judged(*((with_masks(one["found"]), with_masks(one["truth"]))
                      for one in given["pictures"]), classes=given["classes"])
    kind, start = (metric.mask, "mask_") if name == "masks" else (metric.coco, "")
    ours = np.transpose([one.precision(at_101) for one in kind[1:]])               # (10, classes)
    theirs = np.array(given["precision"], float)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    result = metric.result()
    assert [result[start + key] for key in ("ap", "ap50", "ap75")] == pytest.approx(
        given["ap, ap50, ap75"], rel=1e-12)


def test_the_stored_sets_have_what_they_are_named_after():
    sets = {name: one["pictures"] for name, one in STORED["sets"].items()}
    assert any(any(one["truth"]["crowd"]) for one in sets["crowds"])
    assert max(len(one["found"]["scores"]) for one in sets["more than a hundred"]) > 100
    assert any(not one["truth"]["boxes"] for one in sets["nothing"])
    assert any(not one["found"]["boxes"] for one in sets["nothing"])
    scores = [score for one in sets["boxes"] for score in one["found"]["scores"]]
    assert len(set(scores)) < len(scores) / 2              # ties


# --- VOC, in loops --------------------------------------------------------------------------------

def voc_loops(pictures, label):
    """(right, truths) of VOC's rule: box by box, the surest of all pictures first."""
    listed, truths = [], 0
    for number, (answer, there) in enumerate(pictures):
        listed += [(-score, number, i) for i, score in enumerate(answer["scores"])
                   if answer["labels"][i] == label]
        truths += sum(own == label and not hard for own, hard in
                      zip(there["labels"], there["difficult"], strict=True))
    right, taken = [], set()
    for _, number, i in sorted(listed):
        x1, y1, x2, y2 = pictures[number][0]["boxes"][i]
        best, where = -1.0, None
        for j, (a1, b1, a2, b2) in enumerate(pictures[number][1]["boxes"]):
            if pictures[number][1]["labels"][j] == label:
                inter = max(min(x2, a2) - max(x1, a1), 0) * max(min(y2, b2) - max(y1, b1), 0)
                iou = inter / ((x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - inter)
                best, where = max((best, where), (iou, j), key=lambda one: one[0])
        if best >= 0.5 and pictures[number][1]["difficult"][where]:
            continue
        right.append(best >= 0.5 and (number, where) not in taken)
        if best >= 0.5:
            taken.add((number, where))
    return right, truths


@pytest.mark.parametrize("seed", range(4))
def test_voc_against_loops(seed):
    rng = np.random.default_rng(seed)
    pictures = [(one["found"],
                 one["truth"] | {"difficult": rng.random(len(one["truth"]["boxes"])) < 0.3})
                for one in STORED["sets"]["boxes"]["pictures"]]
    for _, there in pictures:
        there.pop("crowd", None)
    metric = judged(*pictures, classes=4)
    for label in range(1, 4):
        right, truths = voc_loops(pictures, label)
        recall = [sum(right[:i + 1]) / truths for i in range(len(right))]
        precision = [sum(right[:i + 1]) / (i + 1) for i in range(len(right))]
        area = sum((r - before) * max(precision[i:]) for i, (r, before) in
                   enumerate(zip(recall, [0, *recall], strict=False)))
        numbers = metric.per_class()[str(label)]
        assert numbers["voc_ap"] == pytest.approx(area) and numbers["truths"] == truths


def test_voc_by_hand():
    """Right, wrong, right, duplicate with two truths: area .8333, 11 points .8485."""
    other = [20, 0, 30, 10]
    metric = judged((found(BOX, AWAY, other, BOX), truth(BOX, other)))
    assert metric.result()["voc_ap"] == pytest.approx(0.8333, abs=1e-4)
    assert metric.result()["voc_ap11"] == pytest.approx(0.8485, abs=1e-4)


# --- the edges ------------------------------------------------------------------------------------

def test_a_class_without_truth_has_no_number_but_is_reported():
    metric = judged((found(BOX, AWAY, labels=[1, 2]), truth(BOX)), classes=["no", "cat", "dog"])
    dog = metric.per_class()["dog"]
    assert np.isnan([dog["ap"], dog["ap50"], dog["voc_ap"], dog["voc_ap11"]]).all()
    assert (dog["truths"], dog["found"]) == (0, 1) and metric.absent() == ["dog"]
    assert metric.result()["ap"] == 1


def test_truth_without_an_answer_is_zero():
    metric = judged((found(), truth(BOX)), (found(BOX, labels=[2]), truth(BOX, labels=[2])),
                    classes=3)
    assert metric.per_class()["1"]["ap"] == 0 and metric.per_class()["1"]["voc_ap11"] == 0
    assert metric.result()["ap50"] == 0.5


def test_what_is_found_in_an_empty_picture_is_wrong():
    alone = judged((found(BOX, scores=[0.5]), truth(BOX))).result()
    late = judged((found(BOX, scores=[0.5]), truth(BOX)), (found(BOX, scores=[0.4]), truth()))
    first = judged((found(BOX, scores=[0.5]), truth(BOX)), (found(BOX, scores=[0.6]), truth()))
    assert alone["ap"] == late.result()["ap"] == 1 and first.result()["ap"] == 0.5


def test_equals_keep_the_order_of_pictures_and_of_boxes():
    right, wrong = (found(BOX, scores=[0.5]), truth(BOX)), (found(BOX, scores=[0.5]), truth())
    assert judged(right, wrong).result()["ap"] == 1 and judged(wrong, right).result()["ap"] == 0.5
    tied = [0.5, 0.5]
    assert judged((found(BOX, AWAY, scores=tied), truth(BOX))).result()["ap"] == 1
    assert judged((found(AWAY, BOX, scores=tied), truth(BOX))).result()["ap"] == 0.5


def test_difficult_and_crowd_count_neither_way():
    for flag in ("difficult", "crowd"):
        there = truth(BOX, AWAY, **{flag: [False, True]})
        metric = judged((found(AWAY, BOX), there))
        assert metric.result()["ap"] == metric.result()["voc_ap"] == 1
        assert metric.per_class()["1"]["truths"] == 1
    many = found(BOX, *[[50 + i, 50, 54 + i, 55] for i in range(5)], scores=[0.1] + [0.9] * 5)
    assert judged((many, truth(BOX, AWAY, crowd=[False, True]))).result()["ap"] == 1


def test_a_box_without_area_hits_nothing():
    metric = judged((found([5, 5, 5, 9], BOX), truth(BOX)))
    assert metric.result()["ap"] == 0.5


def test_the_hundred_surest_count_for_coco():
    metric = judged((found(*[AWAY] * 100, BOX), truth(BOX)))
    assert metric.result()["ap"] == 0 and metric.result()["voc_ap"] == pytest.approx(1 / 101)


def test_no_truth_at_all():
    for pictures in ([], [(found(BOX), truth())], [(found(BOX), truth(BOX, crowd=[True]))]):
        with pytest.raises(ValueError, match=f"in {len(pictures)} pictures there is no object"):
            judged(*pictures).result()


def test_results_can_be_asked_for_in_between():
    metric = judged((found(BOX), truth(BOX)))
    assert metric.result()["ap"] == 1
    metric.add(found(AWAY, scores=[0.95]), truth(BOX))
    assert metric.result()["ap"] < 1


def test_nothing_that_is_given_is_changed(rng):
    boxes = np.float32([BOX, AWAY])
    boxes.flags.writeable = False
    metric = judged(({"boxes": Tensor(boxes), "labels": Tensor(np.array([1, 1])),
                      "scores": np.float32([0.5, 0.9])[::-1]},
                     {"boxes": np.asfortranarray(boxes), "labels": np.uint8([1, 1])}))
    assert metric.result()["ap"] == 1 and np.array_equal(boxes, np.float32([BOX, AWAY]))


# --- masks ----------------------------------------------------------------------------------------

def mask(*pixels):
    out = np.zeros((1, 4, 4), bool)
    for y, x in pixels:
        out[0, y, x] = True
    return out


def test_masks_are_judged_by_their_pixels():
    """The boxes agree, the masks share two pixels of four: .5 is a hit at .5 alone."""
    metric = judged((found(BOX, masks=mask((0, 0), (0, 1), (0, 2))),
                     truth(BOX, masks=mask((0, 0), (0, 1), (1, 1)))))
    assert metric.result() == {"ap": 1, "ap50": 1, "ap75": 1, "mask_ap": 0.1, "mask_ap50": 1,
                               "mask_ap75": 0, "voc_ap": 1, "voc_ap11": 1}


def test_pictures_where_a_side_is_empty_need_no_masks():
    one = found(BOX, masks=mask((0, 0))), truth(BOX, masks=mask((0, 0)))
    metric = judged((found(), truth(BOX)), (found(BOX), truth()), (found(), truth()), one)
    assert metric.result()["mask_ap50"] == metric.result()["ap50"] == pytest.approx(25.5 / 101)
    assert "mask_ap" not in judged((found(BOX), truth(BOX, masks=mask((0, 0))))).result()


@pytest.mark.parametrize("answer, there, words", [
    (found(BOX), truth(BOX, masks=mask((0, 0))), "picture 1 has no masks on both sides, those "),
    (found(BOX, masks=mask((0, 0))[:, 1:]), truth(BOX, masks=mask((0, 0))),
     "picture 1: masks found are (3, 4), those of the truth (4, 4)"),
    (found(BOX, masks=mask((0, 0))), truth(BOX, masks=mask()), "truth of picture 1: mask 0 has "),
    (found(BOX, masks=np.ones((2, 4, 4), bool)), truth(BOX), "masks (2, 4, 4) of 1 boxes")])
def test_masks_that_do_not_go_together(answer, there, words):
    one = found(BOX, masks=mask((0, 0))), truth(BOX, masks=mask((0, 0)))
    with pytest.raises(ValueError) as caught:
        judged(one, (answer, there))
    assert words in str(caught.value)


def test_probabilities_are_no_masks():
    with pytest.raises(TypeError, match="masks are float32, expected bool; probabilities become"):
        judged((found(BOX, masks=np.ones((1, 4, 4), "f4")), truth(BOX)))


# --- mistakes -------------------------------------------------------------------------------------

NAN = float("nan")


@pytest.mark.parametrize("answer, there, error, words", [
    (found(BOX, BOX, scores=[0.5, NAN]), truth(BOX), ValueError,
     "DetectionMetric: found of picture 0: score 1 is nan, and no order"),
    (found([0, 0, NAN, 1]), truth(BOX), ValueError, "found of picture 0: box 0 (0, 0, nan, 1): "),
    (found([10, 10, 5, 5]), truth(BOX), ValueError, "wrong order, expected (x1, y1, x2, y2)"),
    (found(BOX), truth(BOX, [3, 3, 3, 9]), ValueError,
     "truth of picture 0: box 1 (3, 3, 3, 9): it has no area"),
    (found(BOX), truth([3, 3, 3, 9], name="17.xml"), ValueError,
     "truth of picture 0 (17.xml): box 0 (3, 3, 3, 9): it has no area"),
    (found(BOX, labels=[0]), truth(BOX), ValueError, "label 0 is 0, expected 1 to 1; 0 is the ba"),
    (found(BOX), truth(BOX, labels=[2]), ValueError, "truth of picture 0: label 0 is 2, expec"),
    (found(BOX, labels=[1.0]), truth(BOX), TypeError, "labels are float64, expected whole numbers"),
    (found(BOX, labels=[1, 1]), truth(BOX), ValueError, "1 boxes and 2 labels; each box has one"),
    (found(BOX, scores=[1, 1]), truth(BOX), ValueError, "scores have shape (2,), expected (1,), "),
    ({"boxes": [], "labels": []}, truth(BOX), ValueError,
     "has no 'scores', expected an array; it has boxes, labels"),
    (found(BOX), {}, ValueError,
     "truth of picture 0: has no 'labels', expected an array; it has nothing"),
    (found(BOX), truth(BOX, crowd=[2]), ValueError, "crowd is [2], expected True or False"),
    (found(BOX), truth(BOX, difficult=[True, True]), ValueError, "difficult have shape (2,)"),
    (BOX, truth(BOX), TypeError, "found of picture 0 is a list, expected a dict with boxes"),
    ({**found(BOX), "boxes": BOX}, truth(BOX), ValueError, "got (4,); one box is a list of one"),
])
def test_mistakes(answer, there, error, words):
    metric = DetectionMetric(2)
    with pytest.raises(error) as caught:
        metric.add(answer, there)
    assert words in str(caught.value) and metric.pictures == 0
