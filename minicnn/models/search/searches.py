"""Ways to search: at random, by a controller that learns, by evolution.

    trials = random_search(reward, 200, seed)
    trials = reinforce(reward, 200, seed)                  controller.py
    trials = evolution(reward, 200, seed)

`reward(design)` builds, trains and tests a network; here it is a number from 0 to 1.  All look at
the same number of networks, one after the other, so that they compare at equal cost.

Evolution (Real et al. 2019, "Regularized evolution for image classifier architecture search",
algorithm 1, by which AmoebaNet was found) keeps the last 20 networks.  Each step draws 5 of them,
changes one choice of the best of the five, and lets the oldest die, however good it is: what only
was lucky once does not stay.

Random search is the one to beat: it has nothing to learn, and nothing to get wrong.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minicnn.backend.seeds import manual_seed
from minicnn.backend.windows import whole
from minicnn.models.search.controller import Controller, MovingAverage, policy_loss
from minicnn.models.search.space import OPTIONS, Design
from minicnn.optim.adam import Adam

Reward = Callable[[Design], float]
POPULATION, TOURNAMENT = 20, 5
RATE = 0.01                            # of Adam


class Trial(NamedTuple):
    design: Design
    reward: float


def random_design(rng: np.random.Generator) -> Design:
    return tuple(int(rng.integers(count)) for count in OPTIONS)


def random_search(reward: Reward, trials: int, seed: int = 0) -> list[Trial]:
    """Each design is as likely as any other."""
    rng = np.random.default_rng(seed)
    found = [random_design(rng) for _ in range(whole(trials, "random_search: trials"))]
    return [Trial(design, reward(design)) for design in found]


def reinforce(reward: Reward, trials: int, seed: int = 0, lr: float = RATE, doubt: float = 0.0
              ) -> list[Trial]:
    """A controller writes designs and learns from their rewards, one at a time.

    lr    : of Adam;  doubt : weight of the entropy, 0 for none
    """
    rng = np.random.default_rng(seed)
    manual_seed(seed)
    controller, baseline, found = Controller(), MovingAverage(), []
    optimiser = Adam(controller.parameters(), lr=lr)
    for _ in range(whole(trials, "reinforce: trials")):
        sampled = controller(rng)                          # 1. sample
        found.append(Trial(sampled.design, reward(sampled.design)))    # 2. train, test
        optimiser.zero_grad()
        policy_loss(sampled, baseline.advantage(found[-1].reward), doubt).backward()
        optimiser.step()                                   # 3. by the reward
    return found


def evolution(reward: Reward, trials: int, seed: int = 0, population: int = POPULATION,
              tournament: int = TOURNAMENT) -> list[Trial]:
    """The fittest of a few has a child; the oldest of all dies."""
    rng = np.random.default_rng(seed)
    alive: deque[Trial] = deque(maxlen=whole(population, "evolution: population"))
    found: list[Trial] = []
    for _ in range(whole(trials, "evolution: trials")):
        if len(alive) < population:
            design = random_design(rng)
        else:
            some = rng.choice(population, min(tournament, population), replace=False)
            design = mutated(max((alive[i] for i in some), key=lambda one: one.reward).design, rng)
        found.append(Trial(design, reward(design)))
        alive.append(found[-1])                            # the oldest leaves at the other end
    return found


def mutated(design: Design, rng: np.random.Generator) -> Design:
    """With one choice changed, to another option."""
    place = int(rng.integers(len(design)))
    step = 1 + int(rng.integers(OPTIONS[place] - 1))
    return (*design[:place], (design[place] + step) % OPTIONS[place], *design[place + 1:])


def best_so_far(trials: list[Trial]) -> list[float]:
    """The largest reward after each trial."""
    return np.maximum.accumulate([trial.reward for trial in trials]).tolist()
