"""Objects painted one over the other, and what can be seen of each at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minicnn.data.scene_targets import IGNORED, Target, boxes_of

EDGE = (0.2, 0.8)           # ink between: 255 in the class map
LEAST = 12                  # pixels; of what shows less of itself, nothing is said


class Painting:
    """N pictures that are painted on, together.

        picture = (1 - ink) picture + ink paint                 0 <= ink <= 1

    picture   : (N, 3, S, S) float32, 0 to 255
    owner     : (N, S, S), which object a pixel shows, from 1 on; 0 is the ground
    class_map : (N, S, S) uint8; 255 along the edges, where ink is a mixture
    """

    def __init__(self, picture: np.ndarray) -> None:
        N, _, S, _ = picture.shape
        self.picture, self.count = picture, 0
        self.owner = np.zeros((N, S, S), np.uint8)
        self.class_map = np.zeros((N, S, S), np.uint8)

    def add(self, ink: np.ndarray, paint: np.ndarray, kind: np.ndarray) -> None:
        """The next object of each picture: ink (N, S, S), paint (N, 3), its class (N,)."""
        self.count += 1
        self.picture += ink[:, None] * (paint[:, :, None, None] - self.picture)
        covered = ink >= 0.5
        self.owner[covered] = self.count
        kinds = np.broadcast_to(kind.astype(np.uint8)[:, None, None], ink.shape)
        self.class_map[covered] = kinds[covered]
        self.class_map[(ink > EDGE[0]) & (ink < EDGE[1])] = IGNORED

    def images(self) -> np.ndarray:
        """(N, 3, S, S) uint8."""
        return np.clip(np.rint(self.picture), 0, 255).astype(np.uint8)

    def target(self, n: int, kind: np.ndarray, words: Sequence[str]) -> Target:
        """What can be seen in picture n, the objects from left to right.

        kind, words : class and description of each of its objects
        """
        owner, class_map = self.owner[n], self.class_map[n].copy()              # (S, S)
        masks = owner == np.arange(1, self.count + 1)[:, None, None]            # (M, S, S)
        for number in range(self.count):
            if masks[number].sum() < LEAST:
                class_map[masks[number]] = IGNORED
        seen = np.flatnonzero(masks.sum(axis=(1, 2)) >= LEAST)                  # (n,)
        boxes = boxes_of(masks[seen])
        order = np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")
        seen = seen[order]
        return {"boxes": boxes[order], "labels": kind[seen].astype(np.int64), "masks": masks[seen],
                "class_map": class_map,
                "caption": " left of ".join(f"a {words[number]}" for number in seen.tolist())}
