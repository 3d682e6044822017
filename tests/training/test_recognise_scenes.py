"""Pictures of one's own seen by detectors and segmenters: sizes come back as they were."""

import numpy as np
import pytest
from PIL import Image

from minicnn import Tensor, manual_seed, no_grad
from minicnn.data.preparation import Preparation
from minicnn.data.scene_classes import VOC
from minicnn.data.shapes import shapes
from minicnn.models import build
from minicnn.models.detection.detector import Detector
from minicnn.models.segmentation.segmenter import Segmenter
from minicnn.training import checkpoint, fit
from minicnn.training.recipes import Recipe
from minicnn.training.recognise import Recogniser
from minicnn.training.recognise_scenes import (
    LONGEST,
    SHORTER,
    SceneRecogniser,
    at_most,
    class_map,
    nearest,
    only,
    recogniser_of,
    rescaled,
    sees_scenes,
    shorter_side,
    surest,
)
from minicnn.training.scene_transforms import SceneTransforms
from minicnn.training.testtime import Run


class Finds(Detector):
    """Always the same: two boxes in its own pixels, and what it was given."""

    classes, input_shape = 3, (3, 20, 30)

    def __init__(self):
        self.scale = build("inception_naive_example")      # a detector has parameters
        self.given = None

    def detections(self, images):
        self.given, = images
        return [{"boxes": np.array([[1, 2, 3, 4], [10, 5, 20, 10.0]]), "labels": np.array([1, 2]),
                 "scores": np.array([0.6, 0.9])}]


class Left(Segmenter):
    """Class 1 where the first colour is high; nothing said about a border of 2 pixels."""

    def __init__(self, border=2, classes=2):
        self.scale, self.border, self.number = build("inception_naive_example"), border, classes

    def forward(self, x):
        b = self.border
        red = x.data[:, :1, b:x.shape[2] - b, b:x.shape[3] - b]
        return Tensor(red if self.number == 1 else np.concatenate([np.zeros_like(red), red], 1))


RUN = Run(None, SceneTransforms((3, 20, 30), np.full(3, 0.5), np.full(3, 0.25)), ["no", "a", "b"],
          {}, {}, 1)


@pytest.fixture
def photo(tmp_path):
    """Red on the left, blue on the right, 90 x 40."""
    pixels = np.zeros((40, 90, 3), np.uint8)
    pixels[:, :45, 0] = pixels[:, 45:, 2] = 255
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_boxes_come_back_in_the_files_pixels(photo):
    model = Finds()
    see = SceneRecogniser(model, ["no", "cat", "dog"], at_most, lambda seen: only(RUN, seen))
    sight = see(photo)
    assert model.given.shape == (3, 20, 30) and not model.training
    assert sight.objects == [{"class": "dog", "score": 0.9, "box": [30, 10, 60, 20]},
                             {"class": "cat", "score": 0.6, "box": [3, 4, 9, 8]}]
    assert [one["class"] for one in see(photo, 0.7).objects] == ["dog"]
    assert see(photo, 1).objects == []
    pixels = model.given.numpy()
    assert pixels[:, 0, 0] == pytest.approx([2, -2, -2]) and sight.original.shape == (3, 40, 90)


def test_large_pictures_are_drawn_small_and_measured_large(tmp_path):
    Image.new("RGB", (3000, 60), "red").save(tmp_path / "wide.png")
    see = SceneRecogniser(Finds(), ["no", "cat", "dog"], at_most, lambda seen: only(RUN, seen))
    sight = see(tmp_path / "wide.png")
    assert sight.original.shape == (3, 20, 1024)
    assert sight.objects[0]["box"] == pytest.approx([1000, 15, 2000, 30], abs=3)


def test_a_map_covers_the_picture(photo):
    see = SceneRecogniser(Left(), ["no", "red"], at_most, lambda seen: only(RUN, seen))
    sight = see(photo)
    found = sight.class_map                                # of 20 x 30, a border of 2 unsaid
    assert found.shape == (40, 90)
    assert (found[:4] == 255).all() and (found[:, -6:] == 255).all()
    assert (found[4:36, 6:43] == 1).all() and (found[4:36, 48:84] == 0).all()
    assert set(sight.shares) == {"no", "red", "nothing said"}
    assert sum(sight.shares.values()) == pytest.approx(1, abs=1e-5)


def test_one_map_is_for_or_against(photo):
    see = SceneRecogniser(Left(0, classes=1), ["no", "red"], at_most, lambda seen: only(RUN, seen))
    assert see(photo).shares == pytest.approx({"no": 0.5, "red": 0.5}, abs=0.04)


def test_damaged_weights_are_seen(photo):
    with pytest.raises(ValueError, match="here: the network answers with what is no number"):
        class_map(Tensor(np.full((1, 2, 3, 3), np.nan)), (3, 3), "here")
    scores = Tensor(np.zeros((1, 2, 3, 3)))
    assert not class_map((scores, scores), (3, 3), "here").any()       # with an auxiliary head


# --- sizes ----------------------------------------------------------------------------------------

def test_nearest_invents_no_class():
    map3 = np.array([[0, 2], [1, 255]])
    assert nearest(map3, (4, 4)).tolist() == np.kron(map3, np.ones((2, 2), int)).tolist()
    assert nearest(nearest(map3, (6, 10)), (2, 2)).tolist() == map3.tolist()
    assert nearest(map3[None].repeat(3, 0), (1, 1)).tolist() == [[[0]]] * 3


def test_boxes_and_masks_go_together():
    found = {"boxes": np.array([[1, 2, 3, 4.0]]), "labels": np.array([1]), "scores": np.ones(1),
             "masks": np.eye(4, dtype=bool)[None]}
    new = rescaled(found, (4, 4), (8, 12))
    assert new["boxes"].tolist() == [[3, 4, 9, 8]] and new["masks"].shape == (1, 8, 12)
    assert new["masks"][0, :2, :3].all() and found["boxes"].tolist() == [[1, 2, 3, 4]]


def test_the_surest_first_and_ties_in_their_order():
    found = {"scores": np.array([0.5, 0.9, 0.5, 0.4]), "labels": np.arange(4),
             "points": np.zeros((4, 2))}
    assert surest(found, 0.5)["labels"].tolist() == [1, 0, 2]
    assert surest(found, 0.95).keys() == {"scores", "labels"}


def test_how_large_a_network_sees_it():
    assert at_most(Image.new("RGB", (3 * LONGEST, 300))).shape == (3, 100, LONGEST)
    assert at_most(Image.new("RGB", (50, 40))).shape == (3, 40, 50)
    assert shorter_side(Image.new("RGB", (50, 40))).shape == (3, SHORTER, 650)
    with pytest.raises(ValueError, match="too narrow a strip"):
        shorter_side(Image.new("RGB", (60_000, 4)))


# --- published weights ----------------------------------------------------------------------------

def test_torchvisions_segmenter(photo):
    """As its program prepares pictures: 520 at the shorter side, ImageNet's mean and spread."""
    manual_seed(0)
    model = build("fcn_resnet50")
    see = SceneRecogniser.published(model)
    assert tuple(see.classes) == VOC
    with Image.open(photo) as image:
        seen = see.look(image)
    assert seen.shape == (3, 520, 1170)
    assert np.array_equal(see.prepare(seen), Preparation().normalised(seen))


def test_torchvisions_detectors_prepare_pictures_themselves(photo):
    see = SceneRecogniser.published(build("ssd300_vgg16"))
    assert see.classes[1] == "person" and len(see.classes) == 91
    with Image.open(photo) as image:
        x = see.prepare(see.look(image))
    assert x.shape == (3, 40, 90) and x.dtype == np.float32 and x[0, 0, 0] == 1
    assert SceneRecogniser.published(build("ssd300_vgg16", classes=5)).classes[4] == "class 4"


def test_networks_without_published_weights():
    with pytest.raises(ValueError, match="no published weights of UNet .small. are known here"):
        SceneRecogniser.published(build("unet", variant="small"))
    with pytest.raises(ValueError, match="tells 91 classes apart, background included, and there"):
        SceneRecogniser.published(build("ssd300_vgg16"), ["background", "cat"])


def test_who_sees_scenes():
    assert sees_scenes(build("unet", variant="small")) and sees_scenes(Finds())
    assert not sees_scenes(build("lenet5"))


# --- runs -----------------------------------------------------------------------------------------

@pytest.fixture(scope="module", params=["fcn8s", "ssd300"])
def run(request, tmp_path_factory):
    """A network that has seen eight drawn shapes, hardly trained."""
    folder = tmp_path_factory.mktemp("runs") / request.param
    manual_seed(0)
    fit(build(request.param, variant="small"), shapes(8, seed=1), shapes(2, seed=2),
        Recipe("quick", "for tests", 1e-3, 4, 1, ("Adam", {})), out=folder, log=lambda _: None,
        plan={"network": request.param, "options": {"variant": "small"}, "data_name": "shapes"})
    return folder


def test_a_run_says_what_its_network_says(run, tmp_path):
    image = shapes(3, seed=3).images[2]
    Image.fromarray(image.transpose(1, 2, 0)).save(tmp_path / "a.png")
    see = recogniser_of(run)
    assert see.classes == ["background", "circle", "square", "triangle"]
    sight = see(tmp_path / "a.png", 0.0)
    assert np.array_equal(sight.original, image)
    with no_grad():
        answer = see.model.eval()(Tensor(see.prepare(image)[None]))
    if isinstance(see.model, Detector):
        assert sight.class_map is None
        np.testing.assert_allclose(sight.found["scores"], np.sort(answer[0]["scores"])[::-1])
    else:
        assert sight.found is None
        assert np.array_equal(sight.class_map, answer.numpy()[0].argmax(axis=0))


def test_a_run_whose_classes_are_not_the_networks(run, tmp_path):
    tree = checkpoint.load(run / "last.npz")
    tree["classes"] = tree["classes"][:3]
    checkpoint.save(tmp_path / "last.npz", tree)
    with pytest.raises(checkpoint.CheckpointError, match="4 classes"):
        recogniser_of(tmp_path)


def test_a_run_of_a_classifier_is_another_matter(monkeypatch):
    classifier = Run(build("lenet5"), None, list("0123456789"), {}, {"brightest": 1}, 1)
    monkeypatch.setattr("minicnn.training.recognise_scenes.load_run", lambda *_: classifier)
    monkeypatch.setattr(Recogniser, "of_loaded", staticmethod(lambda run, folder: "a classifier"))
    assert recogniser_of("out/lenet") == "a classifier"
    with pytest.raises(ValueError, match="out/lenet is the run of a classifier"):
        SceneRecogniser.of_run("out/lenet")
