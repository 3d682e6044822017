"""Captions: a convolutional network looks, a recurrent one speaks, word by word.

    each place i    k_i = K CNN(image)_i + p_i    v_i = V CNN(image)_i + q_i      key and value
    state           s_0 = cell(mean v)                      the image comes before any word
    where to look   e_i = u . tanh(k_i + Q h_t-1)           a = softmax(e)      z_t = sum_i a_i v_i
    state           s_t = cell(E w_t-1 + z_t, s_t-1)        w_0 = <start>; E: Embedding
    next word       p(w_t) = softmax(O h_t)

    training        teacher forcing: the cell hears the true word before, not its own guess;
                    loss = mean of -log p(true word), the padding behind the end left out
    greedy          w_t = the likeliest word, until <end>
    beam            the B likeliest sentences so far go on; the likeliest finished one wins

On drawn scenes there are 16 words and one right caption, "a small red circle left of a large blue
square", so no BLEU is needed: the share of captions that are exactly right, and of each slot.

Source: Xu et al. 2015, "Show, attend and tell", section 3.1 and 4.2 (where to look); Vinyals et al.
2015, "Show and tell", which looks once (attention=False: all maps become one vector, the first
input, and z is left out; its is the beam, too); Karpathy and Fei-Fei 2015, "Deep visual-semantic
alignments".  Slide: stanford, "Transfer learning ... pervasive".

Departures from the papers
--------------------------
1. The convolutional network is a small one of our own that learns with the rest, where theirs came
   from ImageNet.  It has max pooling, not strides: behind strides a classifier of one object learnt
   by heart which shape it is, and guessed in other pictures (docs/imagine.md).
2. Each place has learnt rows p_i and q_i added, for these captions say what is left of what; and in
   the vector of attention=False, too, places are kept: maps are flattened, not averaged.
3. z is added to the word's row, where the paper sets it beside it and scales it by a gate; the word
   is told from h alone; no second loss asks that each place be looked at.
"""

from collections.abc import Iterable, Sequence
from typing import Any

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
from minicnn.layers.maxpool import MaxPool2d
from minicnn.layers.module import Module
from minicnn.layers.recurrent import GRUCell, LSTMCell, RNNCell
from minicnn.layers.softmax import log_softmax, softmax
from minicnn.layers.tokens import ImageToTokens, Positions, TokenLinear
from minicnn.losses.cross_entropy import cross_entropy
from minicnn.models.network import check_choice

State = tuple[Tensor, ...]             # (h,), of an LSTM (h, c)
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


class Gaze(Module):
    """Where to look:  keys and values (N, L, 2 H), state (N, H) -> z (N, H), shares a (N, L)."""

    def __init__(self, hidden: int) -> None:
        self.query = Linear(hidden, hidden, bias=False)                # Q
        self.score = TokenLinear(hidden, 1, bias=False)                # u

    def forward(self, places: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        N, H = h.shape
        keys, values = places[:, :, :H], places[:, :, H:]
        asked = self.query(h).reshape(N, 1, H)
        shares = softmax(self.score((keys + asked).tanh()), 1)         # (N, L, 1)
        return (shares * values).sum(dim=1), shares[:, :, 0]


class Captioner(Module):
    """Images and the words before -> scores of each next word:  (N, 3, S, S), (N, T) -> (N, T, V).

    words     : V, of the vocabulary
    cell      : "lstm" (default), "gru" or "rnn"
    hidden    : H, of the state, of a word's row, of a place's key and of its value
    side      : S, pixels of the images, a multiple of 8; there are L = (S / 8)^2 places
    attention : look anew for each word (default), or False: once, at one vector of all places
    """

    def __init__(self, words: int, cell: str = "lstm", hidden: int = 96, side: int = 64,
                 attention: bool = True) -> None:
        check_choice("Captioner", "cell", cell, CELLS)
        if side % 8:
            raise ValueError(f"Captioner: side must be a multiple of 8, got {side}")
        widths, L = [3, 16, 32, 48, 64], (side // 8) ** 2
        parts: list[Module] = []
        for C, F in zip(widths, widths[1:], strict=False):
            parts += [Conv2d(C, F, 3, padding=1, bias=False), BatchNorm2d(F), ReLU(), MaxPool2d(2)]
        self.eye = Sequential(*parts[:-1])                 # (N, 64, S / 8, S / 8)
        self.places = Sequential(Flatten(), Linear(64 * L, hidden)) if not attention else \
            Sequential(ImageToTokens(), TokenLinear(64, 2 * hidden), Positions(L, 2 * hidden))
        self.gaze = Gaze(hidden) if attention else None
        self.embedding = Embedding(words, hidden, padding_idx=0)
        self.cell = CELLS[cell](hidden, hidden)
        self.speak = Linear(hidden, words)
        if cell == "lstm":
            self.cell.bias_ih.data[hidden:2 * hidden] = 1            # the forget gate starts open

    def seen(self, images: Tensor) -> tuple[Tensor, State]:
        """Keys and values (N, L, 2 H), or one vector (N, H); the state (h, ...) before any word."""
        places = self.places(self.eye(images))
        whole = places[:, :, places.shape[2] // 2:].mean(dim=1) if self.gaze else places
        return places, as_state(self.cell(whole))

    def step(self, words: np.ndarray, places: Tensor, state: State) -> State:
        """(h,) or (h, c) after one more word (N,)."""
        x = self.embedding(words)                          # (N, H)
        if self.gaze:
            x = x + self.gaze(places, state[0])[0]
        return as_state(self.cell(x, state if len(state) == 2 else state[0]))

    def forward(self, images: Tensor, words: np.ndarray) -> Tensor:
        (places, state), scores = self.seen(images), []
        for t in range(words.shape[1]):
            state = self.step(words[:, t], places, state)
            scores.append(self.speak(state[0]))            # (N, V)
        return stack(scores, 1)                            # (N, T, V)

    def loss(self, images: Tensor, rows: np.ndarray) -> Tensor:
        """Mean of -log p of each next word; rows as Vocabulary.rows gives them."""
        scores = self(images, rows[:, :-1])                # (N, T - 1, V)
        return cross_entropy(scores.flatten(0, 1), rows[:, 1:].ravel(), ignore_index=0)


def as_state(new: Any) -> State:
    """A cell's answer as a tuple: (h,) or (h, c)."""
    return new if isinstance(new, tuple) else (new,)


def greedy(model: Captioner, images: np.ndarray, vocabulary: Vocabulary) -> list[str]:
    """The likeliest word each time; images (N, 3, S, S) float32."""
    model.eval()
    with no_grad():
        places, state = model.seen(Tensor(images))
        word, said = np.full(len(images), vocabulary.number[START]), []
        for _ in range(LONGEST):
            state = model.step(word, places, state)
            word = model.speak(state[0]).numpy().argmax(axis=1)      # (N,)
            said.append(word)
    return [vocabulary.sentence(numbers) for numbers in np.stack(said, axis=1).tolist()]


def beam(model: Captioner, image: np.ndarray, vocabulary: Vocabulary, width: int = 3
         ) -> list[tuple[str, float]]:
    """The `width` likeliest captions of one image (3, S, S), each with its log probability."""
    model.eval()
    end, done = vocabulary.number[END], []
    with no_grad():
        places, state = model.seen(Tensor(image[None]))
        lines, chances = [[vocabulary.number[START]]], np.zeros(1)
        for _ in range(LONGEST):
            state = model.step(np.array([line[-1] for line in lines]), places, state)
            logs = log_softmax(model.speak(state[0]), 1).numpy() + chances[:, None]   # (B, V)
            best = np.argsort(-logs, axis=None, kind="stable")[:width]
            pairs = [tuple(map(int, np.unravel_index(one, logs.shape))) for one in best]
            done += [(lines[b], float(logs[b, v])) for b, v in pairs if v == end]
            going = [(b, v) for b, v in pairs if v != end]
            done = sorted(done, key=lambda one: -one[1])[:width]
            if not going or len(done) == width and done[-1][1] >= max(logs[b, v] for b, v in going):
                break                                      # what goes on only gets less likely
            chances = np.array([logs[b, v] for b, v in going])
            lines = [[*lines[b], v] for b, v in going]
            kept = np.array([b for b, _ in going])
            state = tuple(Tensor(part.numpy()[kept]) for part in state)
    done = done or list(zip(lines, chances.tolist(), strict=True))
    return [(vocabulary.sentence(line[1:]), chance) for line, chance in done]


def looked(model: Captioner, image: np.ndarray, caption: str, vocabulary: Vocabulary
           ) -> list[tuple[str, np.ndarray]]:
    """Each word of the caption, and where in the image (3, S, S) it looks for it, (S / 8, S / 8).

    The shares of each word add up to 1.
    """
    if model.gaze is None:
        raise ValueError("looked: this captioner has attention=False, it looks once; see saliency")
    model.eval()
    rows, side, found = vocabulary.rows([caption]), image.shape[-1] // 8, []
    with no_grad():
        places, state = model.seen(Tensor(image[None]))
        for t, word in enumerate(caption.split()):
            shares = model.gaze(places, state[0])[1].numpy()                # (1, L)
            found.append((word, shares.reshape(side, side)))
            state = model.step(rows[:, t], places, state)
    return found


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
