"""Captions: can a network say what it sees, and does it look while it speaks?

    a convolutional network reads the picture, a recurrent one says it, word by word:
    "a small red circle left of a large blue square"         16 words, one right caption

The same captioner learns once with the right pictures and once with pictures dealt out anew, which
teach how captions go and nothing else.  The figure shows where it looks as it names each form.

Slides: stanford, "Transfer learning with CNNs is pervasive" (image captioning: CNN + RNN).
Source: Karpathy and Fei-Fei 2015; Vinyals et al. 2015; Xu et al. 2015.
"""

from textwrap import shorten

import numpy as np

from minicnn.analysis.pictures import DIM, INK, RED
from minicnn.autograd.tensor import Tensor
from minicnn.backend.seeds import manual_seed
from minicnn.data.canvas import drawing
from minicnn.data.scenes import Scenes
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure
from minicnn.experiments.paired import differences, paired
from minicnn.experiments.scene_nets import scenes
from minicnn.experiments.sheets import put, sheet
from minicnn.models.imagine.captions import Captioner, Vocabulary, accuracy, greedy, looked
from minicnn.optim import Adam
from minicnn.optim.clipping import clip_grad_norm_

BATCH, SHOWN = 32, 6
ARMS = ("its own picture", "another's picture")
Gazes = list[list[tuple[str, np.ndarray]]]     # of each picture: a form, and where it looks
SLOTS = ("objects", "size", "colour", "shape", "exact")


def floats(scenes: Scenes) -> np.ndarray:
    return np.stack(list(scenes.images)).astype(np.float32) / 127.5 - 1            # (N, 3, S, S)


def spoken(scenes: Scenes) -> list[str]:
    return [str(target["caption"]) for target in scenes.targets]


def taught(settings: Settings, words: Vocabulary, images: np.ndarray, captions: list[str],
           steps: int, seed: int) -> Captioner:
    manual_seed(seed)
    model = Captioner(len(words), side=images.shape[-1]).train()
    rows, optimiser = words.rows(captions), Adam(model.parameters(), lr=2e-3)
    rng = np.random.default_rng(seed)
    for _ in settings.watched(range(steps), "captions"):
        chosen = rng.integers(0, len(rows), BATCH)
        loss = model.loss(Tensor(images[chosen]), rows[chosen])
        optimiser.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
    return model


def run(settings: Settings) -> Result:
    count, steps = settings.pick(1500, 6000, 40), settings.pick(400, 5000, 2)
    tests, size = settings.pick(200, 1000, 8), settings.pick(32, 64, 32)
    settings.note(steps=steps, batch=BATCH, cell="lstm")
    test = scenes(settings, 0, 1, tests, size)[1]

    def one_seed(seed: int) -> tuple[list[dict[str, float]], list[list[str]], Gazes]:
        train = scenes(settings, seed, count, tests, size)[0]
        words, x = Vocabulary(spoken(train) + spoken(test)), floats(train)
        dealt = x[np.random.default_rng(seed).permutation(count)]
        models = [taught(settings, words, images, spoken(train), steps, seed)
                  for images in (x, dealt)]
        said = [greedy(model, floats(test), words) for model in models]
        gazes = [[(word, share) for word, share in looked(models[0], image, line, words)
                  if word in test.classes]
                 for image, line in zip(floats(test[:SHOWN]), said[0], strict=False)]
        return ([accuracy(lines, spoken(test)) for lines in said],
                [lines[:SHOWN] for lines in said], gazes)

    seeds = paired(settings, one_seed)
    found, (_, said, gazes) = [scores for scores, _, _ in seeds], seeds[0]
    rows = [{"seed": seed, "learnt with": name, **{f"{s} %": 100 * scores[s] for s in SLOTS}}
            for seed, both in zip(settings.seeds, found, strict=False)
            for name, scores in zip(ARMS, both, strict=True)]
    of = {slot: [[100 * both[arm][slot] for both in found] for arm in (0, 1)] for slot in SLOTS}
    return Result(rows, draw(test[:SHOWN], said, gazes), (
        f"right words on {tests} scenes: " + "; ".join(
            f"{slot} {np.mean(of[slot][0]):.0f} % (without looking {np.mean(of[slot][1]):.0f} %)"
            for slot in SLOTS[1:]) + "."), [
        Effect(f"who has seen the right pictures says the {slot} better",
               differences(*of[slot])) for slot in ("colour", "shape")])


@drawing()
def draw(test: Scenes, said: list[list[str]], gazes: Gazes) -> Figure:
    drawn, cells = sheet("what the captioner says to scenes that it has not seen", len(test), 5,
                         ratios=(1, 1, 1, 1, 6.5))
    drawn.set_size_inches(11.5, 1.25 * len(test) + 0.6)
    for row, image, true, gaze, *lines in zip(cells, test.images, spoken(test), gazes, *said,
                                              strict=True):
        put(row[0], image)
        for cell, (word, share) in zip(row[1:4], gaze, strict=False):
            seen = np.kron(share / share.max(), np.ones((8, 8)))       # (S, S)
            put(cell, (255 - (255 - image) * seen).astype(np.uint8), under=f'"{word}"')
        row[4].set(xlim=(0, 1), ylim=(0, 3))
        for height, words, line in zip((2.3, 1.4, 0.5), ("true", "said", "without looking"),
                                       (true, *lines), strict=True):
            row[4].text(0, height, f"{words}:  {shorten(line, 84)}", fontsize=10.5, va="center",
                        color=DIM if words == "without looking" else RED if line != true else INK)
    return Figure(drawn, "Six scenes; beside each where the network looks as it names each form, "
                  "what it does not look at faded; its true caption, what the network says, and "
                  "what one says that has learnt with other pictures.")


EXPERIMENT = Experiment(
    "captions", ("d49",), "Can a network say what it sees?",
    'stanford "Transfer learning with CNNs is pervasive"', "A small captioner learns drawn scenes, "
    "with their captions and with dealt-out ones; more: examples/captions.py.", 30, 900, run,
    "Colours come with looking first, in the quick form alone; then shapes.", seeds=1)
