"""The table of minicnn/models/search/space.py: what each of its 486 networks reaches, trained once.

    table = Table(settings);  table(design)                from 0 to 1

All of it costs under a minute; a search is over in a second then, and it is known what there was to
be found.  What has been trained is kept beside the trained networks.
"""

import numpy as np

from minicnn import __version__
from minicnn.backend.seeds import manual_seed
from minicnn.data.fingerprint import fingerprint
from minicnn.experiments.experiment import Settings
from minicnn.experiments.networks import Plan, learn, prepared
from minicnn.experiments.pictures import digits, pooled, some
from minicnn.models.search.space import Design, child, designs
from minicnn.training.checkpoint import CheckpointError, load, save

PLAN = Plan(epochs=3, lr=0.05, batch=32, decay=0)
SEED = 0                               # of the pictures and of all starting weights


class Table:
    """The accuracy of a design: of a network that has learnt from some digits, on others.

    Both are from the training pictures: what chooses among networks is not what they are tested on
    in the end.
    """

    def __init__(self, settings: Settings) -> None:
        learnt, judged = settings.pick(600, 600, 64), settings.pick(1000, 1000, 50)
        chosen = pooled(some(digits(settings, 32)[0], learnt + judged, SEED))   # (N, 1, 16, 16)
        self.settings, self.learnt, self.judged = settings, chosen[:learnt], chosen[learnt:]
        self.known: dict[Design, float] = {}
        settings.note(space="486 networks", learnt=learnt, judged=len(self.judged),
                      epochs=PLAN.epochs)
        key = fingerprint("search", repr(PLAN), __version__, self.learnt.fingerprint,
                          self.judged.fingerprint)
        self.path = settings.cache and settings.cache / f"search-{key}.npz"
        if self.path and self.path.exists():
            try:
                self.known = dict(zip(designs(), load(self.path)["accuracy"].tolist(), strict=True))
                settings.note(table="from the cache")
            except (CheckpointError, KeyError, ValueError, OSError) as problem:
                settings.tell(f"{self.path.name} is damaged ({problem}); the table is made again")

    def __call__(self, design: Design) -> float:
        if design not in self.known:
            manual_seed(SEED)
            history = learn(Settings(bars=False), child(design), PLAN, SEED, self.learnt,
                            self.judged)
            self.known[design] = 1 - history[-1]["error"] / 100
        return self.known[design]

    def whole(self) -> dict[Design, float]:
        """Of all designs, in their order; of the tiny form one in 60."""
        every = list(designs())[::60 if self.settings.form == "tiny" else 1]
        if not self.known.keys() >= set(every):
            self.known |= {design: self(design)
                           for design in self.settings.watched(every, "networks of the table")}
            if self.path and len(self.known) == len(list(designs())):
                accuracy = np.array([self.known[design] for design in designs()])
                save(self.path, {"accuracy": accuracy})
        return {design: self.known[design] for design in every}

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The pictures as the networks read them: learnt, its labels; judged, its labels."""
        return (prepared(self.learnt, self.learnt.images), self.learnt.labels,
                prepared(self.learnt, self.judged.images), self.judged.labels)
