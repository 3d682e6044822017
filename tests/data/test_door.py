"""What is handed in becomes an array by position, or is refused with the cure: everywhere."""

import re

import numpy as np
import pytest

from minicnn import Sequential, Tensor, data, losses, training
from minicnn.analysis.pictures import misclassified
from minicnn.data import Dataset, Loader, Scenes, augment
from minicnn.data.door import as_array, as_images, as_labels, as_pixels
from minicnn.gradcheck import gradcheck
from minicnn.layers import Flatten, Linear
from minicnn.training import Transforms, evaluate, metrics
from minicnn.training.testtime import predict
from tests.training.tiny import RECIPE

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 3, 5, 7), dtype=np.uint8)
LABELS, OTHERS = np.array([2, 0, 1, 1, 2, 0]), np.array([2, 1, 1, 0, 2, 0])
FLOATS = IMAGES[:, 0, 0].astype(np.float64) / 255                     # (6, 7)
MODEL = Sequential(Flatten(), Linear(105, 3))
PLAN = Transforms((3, 5, 7), np.float32([0.4, 0.5, 0.6]), np.float32([0.2, 0.3, 0.4]))


class Rows:
    """What a pandas Series or DataFrame is after a shuffle: rows[0] is the row *named* 0.

    With rows as many as names, the names count down: rows[0] is the last row.
    """

    def __init__(self, values):
        self.values = np.asarray(values)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.values, name)                              # dtype, shape, min, astype

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return self.values if dtype is None else self.values.astype(dtype)

    def __getitem__(self, chosen):
        return self.values[chosen] if isinstance(chosen, slice) else self.values[::-1][chosen]


def test_the_stand_in_is_as_treacherous_as_pandas():
    rows = Rows(LABELS)
    assert rows[0] != LABELS[0] and (np.asarray(rows) == LABELS).all()
    assert rows.dtype == LABELS.dtype and rows.shape == (6,)


def rng():
    return np.random.default_rng(1)


BOXES = np.array([[0, 1, 3, 4], [2, 0, 7, 5]])


def seen(**target):
    """Of one picture, after the door."""
    return Scenes(IMAGES[:1], [target], ["background", "a", "b"]).fingerprint


def shares(answer, class_map):
    metric = metrics.SegmentationMetric(3)
    metric.add(answer, class_map)
    return [*metric.result().values()]


def found_ap(boxes):
    metric = metrics.DetectionMetric(3)
    metric.add({"boxes": boxes, "labels": [1, 2], "scores": [0.5, 0.7]},
               {"boxes": BOXES, "labels": [1, 2]})
    return [*metric.result().values()]


WARPS = ("elastic", "lens", "rotate", "scale", "shear", "shift", "stretch", "warp")

# Every public function that takes arrays, called with `given` around each of them.
CALLS = {
    "Dataset": lambda given: Dataset(given(IMAGES), given(LABELS), ["a", "b", "c"]),
    "Dataset[]": lambda given: Dataset(IMAGES, LABELS, ["a", "b", "c"])[given(OTHERS)],
    "Loader": lambda given: [*Loader(given(IMAGES), given(LABELS), 4)],
    "Scenes": lambda given: Scenes(given(IMAGES), [{}] * 6, ["background"]).fingerprint,
    "Scenes[]": lambda given: Scenes(IMAGES, [{}] * 6, ["background"])[given(OTHERS)].fingerprint,
    "Scenes: boxes": lambda given: seen(boxes=given(BOXES), labels=[1, 2]),
    "Scenes: labels": lambda given: seen(boxes=BOXES, labels=given(OTHERS[[0, 1]])),
    "Scenes: masks": lambda given: seen(masks=given(IMAGES[:2, 0] > 99)),
    "Scenes: class_map": lambda given: seen(class_map=given(IMAGES[0, 0] % 3)),
    "Scenes: crowd": lambda given: seen(boxes=BOXES, labels=[1, 2], crowd=given(OTHERS[:2] > 1)),
    "normalised": lambda given: data.normalised(given(IMAGES), given(PLAN.mean), given(PLAN.std)),
    "stacked": lambda given: data.stacked([given(IMAGES[0]), IMAGES[1]]),
    "class_maps": lambda given: data.class_maps([{"class_map": given(IMAGES[0, 0])}]),
    "dense_crf": lambda given: data.dense_crf(given(np.full((2, 5, 7), 0.5)), given(IMAGES[0])),
    "border_weights": lambda given: data.border_weights(given(IMAGES[:2, 0] > 200)),
    "SegmentationMetric": lambda given: shares(given(IMAGES[:, 0] % 3), given(IMAGES[:, 1] % 3)),
    "median_frequency": lambda given: data.median_frequency(given(IMAGES[:, 0] % 3), 3),
    "DetectionMetric": lambda given: found_ap(given(BOXES)),
    "channel_statistics": lambda given: data.channel_statistics(given(IMAGES)),
    "normalise": lambda given: data.normalise(given(IMAGES)),
    "standardise": lambda given: data.standardise(
        given(IMAGES), given(PLAN.mean), given(PLAN.std)),
    "pad": lambda given: data.pad(given(IMAGES), 1),
    "average_views": lambda given: augment.average_views(lambda x: x * 2, given(IMAGES[None])),
    "pca_lighting": lambda given: augment.pca_lighting(
        IMAGES / 255, rng(), given(np.array([3.0, 2.0, 1.0])), given(FLOATS[:3, :3])),
    "center_crop": lambda given: augment.center_crop(given(IMAGES), 3),
    "ten_crop": lambda given: augment.ten_crop(given(IMAGES), 3),
    "random_crop": lambda given: augment.random_crop(given(IMAGES), rng(), 3),
    "random_resized_crop": lambda given: augment.random_resized_crop(given(IMAGES), rng(), 3),
    "cutout": lambda given: augment.cutout(given(IMAGES), rng(), 2),
    "rgb_components": lambda given: augment.rgb_components(given(IMAGES / 255)),
    "sample": lambda given: augment.sample(given(IMAGES / 255), *np.ones((2, 6, 2, 2))),
    **{name: lambda given, name=name: getattr(augment, name)(given(IMAGES), rng())
       for name in ("colour_jitter", "flip", *WARPS)},
    "top_k_errors": lambda given: metrics.top_k_errors(given(FLOATS), given(LABELS)),
    "confusion_matrix": lambda given: metrics.confusion_matrix(given(OTHERS), given(LABELS), 3),
    "evaluate": lambda given: evaluate(
        MODEL, Dataset(given(IMAGES), given(LABELS), ["a", "b", "c"]), PLAN),
    "predict": lambda given: predict([(MODEL, PLAN)], given(IMAGES)),
    "Transforms": lambda given: Transforms(
        (3, 5, 7), given(PLAN.mean), given(PLAN.std)).test(IMAGES),
    "Transforms.measured": lambda given: Transforms.measured(
        (3, 5, 7), given(IMAGES), RECIPE).test(IMAGES),
    "Transforms.train": lambda given: PLAN.train(given(IMAGES), rng()),
    "Transforms.test": lambda given: PLAN.test(given(IMAGES)),
    "Transforms.ten_crops": lambda given: PLAN.ten_crops(given(IMAGES)),
    "Transforms.resized": lambda given: PLAN.resized(given(IMAGES), 4),
    "Tensor": lambda given: Tensor(given(FLOATS)).numpy(),
    "gradcheck": lambda given: str(gradcheck(lambda x: (x * x).sum(), given(FLOATS))),
    "cross_entropy": lambda given: losses.cross_entropy(Tensor(FLOATS), given(LABELS)).item(),
    "rbf_loss": lambda given: losses.rbf_loss(Tensor(FLOATS), given(LABELS)).item(),
    "as_mnist": lambda given: data.as_mnist(given(IMAGES[0])),
    "binary_cross_entropy_with_logits": lambda given: losses.binary_cross_entropy_with_logits(
        Tensor(FLOATS), given(FLOATS)).item(),
    "sigmoid_focal_loss": lambda given: losses.sigmoid_focal_loss(
        Tensor(FLOATS), given(LABELS[:, None].repeat(7, 1) % 2), reduction="sum").item(),
    "dice_loss": lambda given: losses.dice_loss(
        Tensor(FLOATS[None, None]), given(FLOATS[None, None])).item(),
    "smooth_l1_loss": lambda given: losses.smooth_l1_loss(Tensor(FLOATS), given(FLOATS)).item(),
    "mse_loss": lambda given: losses.mse_loss(Tensor(FLOATS), given(FLOATS)).item(),
    "misclassified": lambda given: [text.get_text() for text in misclassified(
        IMAGES, given(LABELS), given(OTHERS), classes=["a", "b", "c"]
    ).figure.findobj(lambda thing: hasattr(thing, "get_text"))],
}
NO_ARRAYS = {"CacheError", "DamagedFile", "DownloadError", "Preparation", "Result", "augment",
             "cifar10", "digits", "find_data", "find_digits", "fit", "imagenet_classes",
             "l2_penalty", "mnist", "read_folder", "read_idx", "SceneLoader", "boxes",
             "digit_canvas", "find_scenes", "read_coco", "read_masks", "read_voc", "read_yolo",
             "shapes", "gram", "total_variation",
             "PointMetric", "BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss", "SmoothL1Loss"}


def test_every_public_function_is_in_the_table():
    public = {name for room in (data, augment, metrics, losses, training) for name in room.__all__}
    assert public - set(CALLS) == NO_ARRAYS


def plain(value):
    """In words and lists, to compare."""
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, Dataset):
        return value.fingerprint
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


@pytest.mark.parametrize("name", CALLS)
def test_rows_with_names_are_taken_by_position_or_refused(name):
    expected = plain(CALLS[name](lambda array: array))
    try:
        found = plain(CALLS[name](Rows))
    except TypeError as problem:
        assert "Rows" in str(problem) or "NumPy array" in str(problem), problem
    else:
        assert found == expected


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("bad", ["abc", {1, 2}, np.array([object()]), [[1, 2], [3]], None],
                         ids=["text", "set", "objects", "ragged", "None"])
def test_what_can_be_no_array_is_refused_at_the_door(name, bad):
    with pytest.raises((TypeError, ValueError)) as caught:
        CALLS[name](lambda array: bad)
    said = str(caught.value)
    if name in ("mse_loss", "smooth_l1_loss"):             # the engine answers for them
        return
    assert "expected" in said or "must be" in said or "cannot become" in said or "differ" in said
    owner = {"evaluate": "Dataset"}.get(name, re.sub(r"\W.*", "", name))
    assert said.startswith(f"{owner}: ") or name in WARPS and said.startswith("warp: ")


LABELS_REFUSED = [
    (np.array(["0", "1", "1"]), TypeError, r"the first '0', expected .*; written numbers .*astype"),
    (["cat", "dog", "cat"], TypeError, r"the first 'cat'.*names by np.unique\(names, return_inv"),
    ([0.0, 1.0, 1.0], TypeError, r"float64, expected whole class numbers; .*astype\(np.int64"),
    (np.eye(3, dtype=int), ValueError, r"\(3, 3\), expected \(N,\).*\(labels\).argmax\(axis=1\)"),
    (np.eye(3), ValueError, r"\(3, 3\), expected \(N,\).*asarray\(labels\).argmax\(axis=1\)"),
    ([[0], [1], [1]], ValueError, r"\(3, 1\), expected \(N,\).*asarray\(labels\)\[:, 0\]"),
    ([0, -1, 1], ValueError, r"run from -1 to 1, .*unlabelled images out: images\[labels >= 0\]"),
    ([-2, 0, 1], ValueError, "run from -2 to 1, expected 0"),
    ([0, 1], ValueError, "3 images but 2 labels; each image needs one label"),
    ([True, False, True], TypeError, "labels are bool, expected whole class numbers"),
    (np.array([0, 1, None]), TypeError, "labels are object, the first 0, expected an array of num"),
    ([0, 1, [1]], TypeError, "list that cannot become a NumPy array; do all parts have one shape"),
    (np.ma.masked_equal([0, 1, 9], 9), TypeError, "masked array, whose hidden values"),
    (np.array([0, 1, 2 ** 63], np.uint64), ValueError, "run from 0 to 9223372036854775808"),
    (1, ValueError, r"shape \(\), expected \(N,\)"),
    (np.array(["2020-01-01"] * 3, "M8[D]"), TypeError, r"datetime64\[D\], the first"),
    ([0j, 0j, 0j], TypeError, "complex128, expected whole"),
    (iter([0, 1, 1]), TypeError, "a list_iterator, expected an array of numbers"),
]


@pytest.mark.parametrize("labels, error, message", LABELS_REFUSED)
@pytest.mark.parametrize("door", [
    lambda labels: Loader(IMAGES[:3], labels, 2),
    lambda labels: Dataset(IMAGES[:3], labels, ["a", "b", "c"]),
], ids=["Loader", "Dataset"])
def test_labels_refused(door, labels, error, message):
    with pytest.raises(error, match=f"^(Loader|Dataset): labels .*{message}|{message}"):
        door(labels)


def test_labels_beyond_the_classes():
    with pytest.raises(ValueError, match="from 1 to 3, expected 0 to 2 for 3 classes;.*labels - 1"):
        as_labels([1, 2, 3], "x", classes=3)
    with pytest.raises(ValueError, match="from 0 to 3, expected 0 to 2 for 3 classes$"):
        as_labels([0, 2, 3], "x", classes=3)


@pytest.mark.parametrize("labels", [[2, 0], (2, 0), np.uint8([2, 0]), np.array([2, 0], ">i4"),
                                    Rows([2, 0]), Tensor(np.array([2, 0])), range(2, -1, -2)])
def test_labels_taken(labels):
    taken = as_labels(labels, "x", 2, 3)
    assert taken.tolist() == [2, 0] and taken.dtype == np.int64 and taken.dtype.isnative


@pytest.mark.parametrize("images, error, message", [
    (IMAGES / 255, TypeError, r"float64, expected uint8, 0 to 255.*\(images \* 255\).round\(\)"),
    (IMAGES.astype(int), TypeError, r"int64, .*if they run from 0 to 255, images.astype\(np.uint8"),
    (IMAGES.astype(np.uint16), TypeError, r"uint16, .*\(images // 257\).astype"),
    (IMAGES > 99, TypeError, r"bool, .*images.astype\(np.uint8\) \* 255"),
    (IMAGES[0], ValueError, r"\(3, 5, 7\), .*asarray\(images\)\[:, None\], a single one np"),
    (IMAGES[0, 0], ValueError, r"\(5, 7\), expected \(N, C, H, W\); flat rows need np.as"),
    (np.zeros((2, 32, 32, 3), np.uint8), ValueError, r"look like \(N, H, W, C\), .*transpose\(0"),
    (IMAGES[:, :0], ValueError, r"shape \(6, 0, 5, 7\) have no pixels"),
    ([IMAGES[0], IMAGES[0, :, 1:]], TypeError, "list that cannot become .*do all parts have one"),
    (np.uint8(3), TypeError, "images is the number 3"),
])
def test_stored_pictures_refused(images, error, message):
    with pytest.raises(error, match=f"^x: images .*{message}|{message}"):
        as_pixels(images, "x")


def test_pictures_of_unknown_range_do_not_reach_the_network():
    """Measured on MNIST: trained on 0 to 255, tested on the same divided by 255, 71.9 % error."""
    for ask in (PLAN.test, PLAN.ten_crops, lambda x: PLAN.train(x, rng()),
                lambda x: PLAN.resized(x, 4), lambda x: predict([(MODEL, PLAN)], x)):
        with pytest.raises(TypeError, match="float32, expected uint8, 0 to 255 as stored"):
            ask(np.float32(IMAGES) / 255)


def test_what_is_no_dataset():
    for call in (lambda data: evaluate(MODEL, data, PLAN),
                 lambda data: training.fit(MODEL, data, data, RECIPE, in_shape=(3, 5, 7))):
        with pytest.raises(TypeError, match="is a tuple, expected a Dataset: minicnn"):
            call((IMAGES, LABELS))
        with pytest.raises(ValueError, match="(data|train) has no images; was it filtered until"):
            call(Dataset(IMAGES[:0], [], ["a", "b", "c"]))


def test_bytes_from_0_to_1_are_not_tested_beside_bytes_to_255():
    ones = IMAGES // 200
    with pytest.raises(ValueError, match="brightest pixel is 1 of 255, .* were they divided by"):
        PLAN.test(ones)
    assert np.isfinite(PLAN.test(np.zeros_like(IMAGES))).all()         # black they may be
    for standardised in (True, False):
        trained = Transforms.measured((3, 5, 7), ones, RECIPE, standardised)
        assert np.isfinite(trained.test(ones)).all()


def test_an_array_passes_as_it_is():
    assert as_array(FLOATS, "x") is FLOATS and as_images(IMAGES, "x") is IMAGES
    assert as_pixels(IMAGES, "x") is IMAGES


def test_an_array_of_the_gpu_is_told_how_to_come():
    class OnGpu:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("Implicit conversion to a NumPy array is not allowed.")

        def get(self):
            """As CuPy's arrays have it."""

    with pytest.raises(TypeError, match=r"OnGpu that cannot .*; give values.get\(\)"):
        as_array(OnGpu(), "x")
