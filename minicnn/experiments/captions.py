"""Captions: can a network say what it sees, and does it look while it speaks?

    a convolutional network reads the picture, a recurrent one says it, word by word

    "a small red circle left of a large blue square"         16 words, one right caption

The same captioner learns once with the right pictures and once with pictures dealt out anew: the
second can learn how captions go, and nothing else.  What it says is grammar; the difference to the
first is what is seen.

Slides: stanford, "Transfer learning with CNNs is pervasive" (image captioning: CNN + RNN).
Source: Karpathy and Fei-Fei 2015; Vinyals et al. 2015.
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
from minicnn.models.imagine.captions import Captioner, Vocabulary, accuracy, greedy
from minicnn.optim import Adam
from minicnn.optim.clipping import clip_grad_norm_

SIZE, BATCH, SHOWN = 32, 32, 6
ARMS = ("its own picture", "another's picture")
SLOTS = ("objects", "size", "colour", "shape", "exact")


def floats(scenes: Scenes) -> np.ndarray:
    return (np.stack(list(scenes.images)).astype(np.float32) / 255 - 0.5) * 4      # (N, 3, S, S)


def spoken(scenes: Scenes) -> list[str]:
    return [str(target["caption"]) for target in scenes.targets]


def taught(settings: Settings, words: Vocabulary, images: np.ndarray, captions: list[str],
           steps: int, seed: int) -> Captioner:
    manual_seed(seed)
    model = Captioner(len(words), "lstm", 64, SIZE).train()
    rows, optimiser = words.rows(captions), Adam(model.parameters(), lr=3e-3)
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
    count, steps = settings.pick(1500, 6000, 40), settings.pick(800, 4000, 2)
    tests = settings.pick(200, 1000, 8)
    settings.note(steps=steps, batch=BATCH, cell="lstm")
    test = scenes(settings, 0, 1, tests, SIZE)[1]
    shown: dict[str, list[str]] = {}

    def one_seed(seed: int) -> dict[str, dict[str, float]]:
        train = scenes(settings, seed, count, tests, SIZE)[0]
        words = Vocabulary(spoken(train) + spoken(test))
        found = {}
        for name in ARMS:
            images = floats(train)
            if name != ARMS[0]:
                images = images[np.random.default_rng(seed).permutation(count)]
            model = taught(settings, words, images, spoken(train), steps, seed)
            said = greedy(model, floats(test), words)
            found[name] = {slot: 100 * share for slot, share in
                           accuracy(said, spoken(test)).items()}
            shown.setdefault(name, said[:SHOWN])
        return found

    found = paired(settings, one_seed)
    rows = [{"seed": seed, "learnt with": name, **{f"{slot} %": each[name][slot]
                                                   for slot in SLOTS}}
            for seed, each in zip(settings.seeds, found, strict=False) for name in ARMS]
    means = {name: {slot: float(np.mean([each[name][slot] for each in found])) for slot in SLOTS}
             for name in ARMS}
    of = {slot: [[each[name][slot] for each in found] for name in ARMS] for slot in SLOTS}
    return Result(rows, draw(test[:SHOWN], shown), (
        f"right words on {tests} scenes: " + "; ".join(
            f"{slot} {means[ARMS[0]][slot]:.0f} % (without looking {means[ARMS[1]][slot]:.0f} %)"
            for slot in SLOTS[1:]) + "."), [
        Effect(f"who has seen the right pictures says the {slot} better",
               differences(*of[slot])) for slot in ("colour", "shape")])


@drawing()
def draw(test: Scenes, shown: dict[str, list[str]]) -> Figure:
    drawn, cells = sheet("what the captioner says to scenes that it has not seen", len(test), 2,
                         ratios=(1, 7))
    drawn.set_size_inches(9, 1.15 * len(test) + 0.6)
    for (left, right), image, true, *said in zip(cells, test.images, spoken(test), *shown.values(),
                                                 strict=True):
        put(left, image)
        right.set(xlim=(0, 1), ylim=(0, 3))
        for height, words, line in zip((2.3, 1.4, 0.5), ("true", "said", "without looking"),
                                       (true, *said), strict=True):
            right.text(0, height, f"{words}:  {shorten(line, 84)}", fontsize=10.5, va="center",
                       color=DIM if words == "without looking" else RED if line != true else INK)
    return Figure(drawn, "Six scenes; beside each its true caption, what the network says, and "
                  "what one says that has learnt with other pictures.")


EXPERIMENT = Experiment(
    "captions", ("d49",), "Can a network say what it sees?",
    'stanford "Transfer learning with CNNs is pervasive"', "A small captioner learns drawn scenes "
    "of 32x32, with their captions and with dealt-out ones; more: examples/captions.py.", 30, 900,
    run, "Colours come with looking first; exact captions need longer training.", seeds=1)
