"""Captions: a convolutional network looks, a recurrent one speaks, word by word.

    image vector    v = W CNN(image)                            the first input, before any word
    state           s_0 = cell(v),   s_t = cell(E w_t-1, s_t-1)    w_0 = <start>; E: Embedding
    next word       p(w_t) = softmax(O h_t)

    training        teacher forcing: the cell hears the true word before, not its own guess;
                    loss = mean of -log p(true word), the padding behind the end left out
    greedy          w_t = the likeliest word, until <end>
    beam            the B likeliest sentences so far go on; the likeliest finished one wins

On drawn scenes there are 16 words and one right caption, "a small red circle left of a large blue
square", so no BLEU is needed: the share of captions that are exactly right, and of each slot.

Source: Karpathy and Fei-Fei 2015, "Deep visual-semantic alignments"; Vinyals et al. 2015, "Show and
tell" (the image as the first input, the beam).  Slide: stanford, "Transfer learning ... pervasive".

Departures from the papers: the convolutional network is a small one of our own that learns with the
rest, where theirs came from ImageNet; and it keeps where things are (its maps are flattened, not
averaged), because these captions say what is left of what.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from minicnn.autograd.functions import stack
from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.layers.activations import ReLU
from minicnn.layers.batchnorm import BatchNorm2d
from minicnn.layers.containers import Sequential
from minicnn.layers.conv import Conv2d
from minicnn.layers.embedding import Embedding
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.module import Module
from minicnn.layers.recurrent import GRUCell, LSTMCell, RNNCell
from minicnn.layers.softmax import log_softmax
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.models.network import check_choice

CELLS = {"rnn": RNNCell, "gru": GRUCell, "lstm": LSTMCell}
PAD, START, END = "<pad>", "<start>", "<end>"
LONGEST = 24                           # words, after which nobody listens


class Vocabulary:
    """Words and their numbers; 0, 1 and 2 are <pad>, <start> and <end>.

    >>> Vocabulary(["a red circle", "a square"]).rows(["a square"]).tolist()
    [[1, 3, 6, 2]]
    """

    def __init__(self, captions: Iterable[str]) -> None:
        known = sorted({word for line in captions for word in line.split()})
        self.words = [PAD, START, END, *known]
        self.number = {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def rows(self, captions: Sequence[str]) -> np.ndarray:
        """(N, T) whole numbers: <start>, the words, <end>, and <pad> up to the longest."""
        lines = [[START, *line.split(), END] for line in captions]
        unknown = sorted({word for line in lines for word in line} - self.number.keys())
        if unknown:
            raise ValueError(f"Vocabulary: no number for {', '.join(unknown[:5])}; the words are "
                             "those of the captions it was made from")
        rows = np.zeros((len(lines), max(map(len, lines), default=2)), np.int64)
        for row, line in zip(rows, lines, strict=True):
            row[:len(line)] = [self.number[word] for word in line]
        return rows

    def sentence(self, numbers: Iterable[int]) -> str:
        """Up to <end>."""
        said = []
        for number in numbers:
            if self.words[number] == END:
                break
            said.append(self.words[number])
        return " ".join(said)


class Captioner(Module):
    """Images and the words before -> scores of each next word:  (N, 3, S, S), (N, T) -> (N, T, V).

    words  : V, of the vocabulary
    cell   : "lstm" (default), "gru" or "rnn"
    hidden : H, of the state, of a word's row and of the image vector
    side   : S, pixels of the images, a multiple of 16
    """

    def __init__(self, words: int, cell: str = "lstm", hidden: int = 96, side: int = 64) -> None:
        check_choice("Captioner", "cell", cell, CELLS)
        if side % 16:
            raise ValueError(f"Captioner: side must be a multiple of 16, got {side}")
        widths = [3, 16, 32, 48, 64]
        parts = [part for C, F in zip(widths, widths[1:], strict=False)
                 for part in (Conv2d(C, F, 3, 2, 1, bias=False), BatchNorm2d(F), ReLU())]
        self.eye = Sequential(*parts, Flatten(), Linear(64 * (side // 16) ** 2, hidden))
        self.embedding = Embedding(words, hidden, padding_idx=0)
        self.cell = CELLS[cell](hidden, hidden)
        self.speak = Linear(hidden, words)
        if cell == "lstm":
            self.cell.bias_ih.data[hidden:2 * hidden] = 1            # the forget gate starts open

    def seen(self, images: Tensor) -> tuple:
        """The state after the image, before any word."""
        return self.step(self.eye(images), None)

    def step(self, x: Tensor, state: tuple | None) -> tuple:
        """(h,) or (h, c) after one more input (N, H)."""
        if state is not None:
            new = self.cell(x, state if len(state) == 2 else state[0])
        else:
            new = self.cell(x)
        return new if isinstance(new, tuple) else (new,)

    def forward(self, images: Tensor, words: np.ndarray) -> Tensor:
        state, scores = self.seen(images), []
        for t in range(words.shape[1]):
            state = self.step(self.embedding(words[:, t]), state)
            scores.append(self.speak(state[0]))            # (N, V)
        return stack(scores, 1)                            # (N, T, V)

    def loss(self, images: Tensor, rows: np.ndarray) -> Tensor:
        """Mean of -log p of each next word; rows as Vocabulary.rows gives them."""
        scores = self(images, rows[:, :-1])                # (N, T - 1, V)
        return cross_entropy(scores.flatten(0, 1), rows[:, 1:].ravel(), ignore_index=0)


def greedy(model: Captioner, images: np.ndarray, vocabulary: Vocabulary) -> list[str]:
    """The likeliest word each time; images (N, 3, S, S) float32."""
    model.eval()
    with no_grad():
        state = model.seen(Tensor(images))
        word, said = np.full(len(images), vocabulary.number[START]), []
        for _ in range(LONGEST):
            state = model.step(model.embedding(word), state)
            word = model.speak(state[0]).numpy().argmax(axis=1)      # (N,)
            said.append(word)
    return [vocabulary.sentence(numbers) for numbers in np.stack(said, axis=1).tolist()]


def beam(model: Captioner, image: np.ndarray, vocabulary: Vocabulary, width: int = 3
         ) -> list[tuple[str, float]]:
    """The `width` likeliest captions of one image (3, S, S), each with its log probability."""
    model.eval()
    end, done = vocabulary.number[END], []
    with no_grad():
        state = model.seen(Tensor(image[None]))
        lines, chances = [[vocabulary.number[START]]], np.zeros(1)
        for _ in range(LONGEST):
            state = model.step(model.embedding(np.array([line[-1] for line in lines])), state)
            logs = log_softmax(model.speak(state[0]), 1).numpy() + chances[:, None]   # (B, V)
            best = np.argsort(-logs, axis=None, kind="stable")[:width]
            places = [tuple(map(int, np.unravel_index(place, logs.shape))) for place in best]
            done += [(lines[b], float(logs[b, v])) for b, v in places if v == end]
            going = [(b, v) for b, v in places if v != end]
            done = sorted(done, key=lambda one: -one[1])[:width]
            if not going or len(done) == width and done[-1][1] >= max(logs[b, v] for b, v in going):
                break                                      # what goes on only gets less likely
            chances = np.array([logs[b, v] for b, v in going])
            lines = [[*lines[b], v] for b, v in going]
            kept = np.array([b for b, _ in going])
            state = tuple(Tensor(part.numpy()[kept]) for part in state)
    done = done or list(zip(lines, chances.tolist(), strict=True))
    return [(vocabulary.sentence(line[1:]), chance) for line, chance in done]


def saliency(model: Captioner, image: np.ndarray, rows: np.ndarray, t: int) -> np.ndarray:
    """How much each pixel (S, S) of an image (3, S, S) matters for word t of its row (1, T)."""
    x = Tensor(image[None], requires_grad=True)
    scores = model.eval()(x, rows[:, :t])                  # (1, t, V)
    log_softmax(scores[:, t - 1], 1)[0, int(rows[0, t])].backward()
    return np.abs(np.asarray(x.grad)[0]).max(axis=0)


def slots(caption: str) -> list[list[str]]:
    """The words of each object, after its "a".

    >>> slots("a small red circle left of a large blue square")
    [['small', 'red', 'circle'], ['large', 'blue', 'square']]
    """
    return [part.split()[1:] for part in caption.split(" left of ")]


def accuracy(said: Sequence[str], true: Sequence[str]) -> dict[str, float]:
    """Shares: captions that are exactly right, their number of objects, and each kind of word.

    A word counts as right if it stands in the caption's object of the same place.
    """
    if len(said) != len(true) or not true:
        raise ValueError(f"accuracy: {len(said)} captions for {len(true)} images; one each, and at "
                         "least one")
    right: dict[str, list[bool]] = {name: [] for name in ("exact", "objects", "size", "colour",
                                                          "shape")}
    for ours, theirs in zip(said, true, strict=True):
        right["exact"].append(ours == theirs)
        guessed, wanted = slots(ours), slots(theirs)
        right["objects"].append(len(guessed) == len(wanted))
        for number, words in enumerate(wanted):
            guess = guessed[number] if number < len(guessed) else []
            for place, name in enumerate(("size", "colour", "shape")):
                right[name].append(guess[place:place + 1] == words[place:place + 1])
    return {name: float(np.mean(found)) for name, found in right.items()}
