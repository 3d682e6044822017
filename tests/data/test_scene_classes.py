"""The numbers of VOC's and COCO's classes."""

from minicnn.data.scene_classes import COCO, VOC, numbered_classes


def test_counts():
    assert len(VOC) == len(set(VOC)) == 21 and len(COCO) == 91
    used = [name for name in COCO[1:] if name != "-"]
    assert len(used) == len(set(used)) == 80


def test_numbers_that_papers_name():
    assert (VOC.index("dog"), VOC.index("person"), VOC.index("tv monitor")) == (12, 15, 20)
    assert (COCO.index("person"), COCO.index("dog"), COCO.index("toothbrush")) == (1, 18, 90)


def test_networks_of_any_number():
    assert numbered_classes(91)[90] == "toothbrush" and numbered_classes(21)[0] == "background"
    assert numbered_classes(4) == ["background", "class 1", "class 2", "class 3"]
