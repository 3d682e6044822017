"""A picture of one's own is prepared as the network's training pictures were, and named."""

import numpy as np
import pytest
from PIL import Image

from minicnn import Module, Tensor, manual_seed, no_grad
from minicnn.data import DamagedFile, Preparation, as_mnist, digits
from minicnn.data.cifar import CLASSES
from minicnn.layers import Flatten, Linear
from minicnn.layers.softmax import softmax
from minicnn.models import LeNet5, build
from minicnn.training.recognise import Recogniser, run_look
from minicnn.training.testtime import Run
from minicnn.training.transforms import Transforms

DIGITS = tuple("0123456789")


class ReadsDigits(Module):
    """Scores 28 x 28 digits."""

    preparation = Preparation(28, 28, (0.1307,), (0.3081,), trained_on="mnist")

    def __init__(self):
        self.flatten, self.fc = Flatten(), Linear(784, 10)

    def forward(self, x):
        return self.fc(self.flatten(x))


@pytest.fixture
def photo(tmp_path, rng):
    path = tmp_path / "photo.png"
    Image.fromarray(rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)).save(path)
    return path


@pytest.fixture
def digit(tmp_path):
    """A seven, black on white, in a corner of a page."""
    page = np.full((200, 300), 255, np.uint8)
    seven = digits(20, seed=3)
    image = seven.images[list(seven.labels).index(7), 0]
    page[10:122, 20:132] = 255 - np.kron(image, np.ones((4, 4), np.uint8))
    path = tmp_path / "seven.png"
    Image.fromarray(page).save(path)
    return path


def test_published(photo):
    manual_seed(0)
    model = build("resnet20", variant="akamaster")
    answer = Recogniser.published(model)(photo)
    with no_grad():
        p = softmax(model.eval()(Tensor(model.preparation(photo)[None]))).numpy()[0]
    assert [name for name, _ in answer.best][0] == (
        CLASSES[p.argmax()])
    np.testing.assert_allclose([q for _, q in answer.best], np.sort(p)[::-1][:5], atol=1e-6)
    assert answer.seen.shape == (3, 32, 32) and answer.original.shape == (3, 60, 90)
    assert np.array_equal(answer.seen, model.preparation.cropped(photo))


def test_published_with_1000_classes(photo):
    model = build("shufflenet_v2", width=0.5)
    answer = Recogniser.published(model)(photo, most=2)
    assert len(answer.best) == 2 and answer.seen.shape == (3, 224, 224)


def test_a_digit_is_cut_out_and_centred(digit):
    answer = Recogniser.published(ReadsDigits())(digit)
    assert answer.seen.shape == (1, 28, 28) and {name for name, _ in answer.best} <= set(DIGITS)
    with Image.open(digit) as image:
        assert np.array_equal(answer.seen[0], as_mnist(np.asarray(image)))


def test_classes_of_ones_own(photo):
    model = build("resnet20", variant="akamaster", classes=3)
    with pytest.raises(ValueError, match="answers images .* with .3,., but the data has 10"):
        Recogniser.published(model)
    say = Recogniser.published(model, classes=["cat", "dog", "fish"])
    assert {name for name, _ in say(photo).best} == {"cat", "dog", "fish"}


def test_a_network_without_published_weights(photo):
    with pytest.raises(ValueError, match="no published weights of LeNet5 .slide. are known here"):
        Recogniser.published(LeNet5())
    assert Recogniser.published(build("resnet20"), Preparation(32, 32, trained_on="cifar10"))(photo)


# --- runs -----------------------------------------------------------------------------------------

def run(in_shape, classes, **plan):
    C = in_shape[0]
    return Run(None, Transforms(in_shape, np.full(C, 0.4), np.full(C, 0.2)), list(classes), plan,
               {"brightest": 255}, 1)


@pytest.mark.parametrize("in_shape, name", [((1, 32, 32), "mnist"), ((1, 28, 28), "/a/folder"),
                                            ((3, 32, 32), "digits"), ((1, 40, 40), "mnist")])
def test_networks_of_digits_get_digits(in_shape, name, digit):
    """Padded to 32 as find_data does, and cut or resized as in training, in their channels."""
    with Image.open(digit) as image:
        seen = run_look(run(in_shape, DIGITS, data_name=name))(image.convert("RGB"))
        expected = np.pad(as_mnist(np.asarray(image)), 2)
    assert seen.shape == in_shape and seen.dtype == np.uint8
    if in_shape[1] == 32:
        assert all(np.array_equal(channel, expected) for channel in seen)
    if in_shape[1] == 28:
        assert np.array_equal(seen[0], expected[2:-2, 2:-2])


@pytest.mark.parametrize("classes, more", [
    ("ab", {"data_name": "/a/folder", "stored": 40}), ("ab", {}),
    (DIGITS, {"data_name": "/house/numbers", "stored": 32})])
def test_other_networks_get_the_middle_square(classes, more, photo):
    with Image.open(photo) as image:
        seen = run_look(run((3, 32, 32), classes, **more))(image.convert("RGB"))
    assert seen.shape == (3, 32, 32) and seen.std() > 5


def test_cifar_is_read_as_it_is_stored():
    """32 x 32 pixels made larger, as in training with --size 64, not 64 taken from the photo."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    seen = run_look(run((3, 64, 64), "ab", data_name="cifar10", stored=72))(picture)
    assert seen.shape == (3, 64, 64)
    assert np.abs(np.diff(seen.astype(float))).mean() < np.abs(np.diff(
        np.asarray(picture, float), axis=1)).mean() / 3


@pytest.mark.parametrize("stored", [10 ** 9, 0, "32", None])
def test_a_size_that_cannot_be(stored):
    with pytest.raises(ValueError, match="plan: stored is"):
        run_look(run((3, 32, 32), "ab", stored=stored))


# --- what is wrong --------------------------------------------------------------------------------

def test_wrong_pictures(tmp_path):
    say = Recogniser.published(ReadsDigits())
    Image.new("RGB", (50, 50), "white").save(tmp_path / "white.png")
    with pytest.raises(DamagedFile, match=r"white\.png: .*there is nothing on this picture"):
        say(tmp_path / "white.png")
    (tmp_path / "words.png").write_text("words")
    with pytest.raises(DamagedFile, match=r"words\.png: no JPEG"):
        say(tmp_path / "words.png")
    with pytest.raises(FileNotFoundError):
        say(tmp_path / "nowhere.png")


def test_weights_that_are_no_numbers(digit):
    model = ReadsDigits()
    model.fc.bias.data = np.full(10, np.nan, np.float32)
    with pytest.raises(ValueError, match="answers with what is no number; are its weights"):
        Recogniser.published(model)(digit)


@pytest.mark.parametrize("most, kind", [(0, ValueError), (1.5, TypeError), (True, TypeError)])
def test_how_many(most, kind, digit):
    with pytest.raises(kind, match="most is"):
        Recogniser.published(ReadsDigits())(digit, most)
