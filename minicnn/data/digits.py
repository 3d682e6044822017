"""Digits drawn by code, in the format and the manner of MNIST: what to train on without a download.

A writer is imitated in four steps.

    1. form     one of the hands' ways to write the digit (strokes.py): a few points per stroke
    2. hand     the points tremble, bend, slant, turn and stretch, differently in each image
    3. pen      a smooth curve through the points; ink where the pen, a disc, has passed:
                ink(p) = clip(1/2 + (radius - distance(p, curve)) / softness, 0, 1)
    4. frame    as MNIST was prepared: fitted into 20x20 pixels, placed in 28x28 by centre of mass

No pixel of a real digit is in here.

Source of step 4: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document
recognition", section III.A.
"""

from collections.abc import Iterator

import numpy as np

from minicnn.data.dataset import Dataset
from minicnn.data.strokes import FORMS

SIZE, BOX = 28, 20      # pixels: the image, and the square into which the digit is fitted
SPACING = 0.025         # between the curve's points, in heights of a digit: half a pixel
CHUNK = 256             # images drawn at once: their pixels stay in the processor's cache
TREMBLE, ENDS = 0.08, 0.035
BEND = 0.05


def digits(count: int = 10_000, seed: int = 0) -> Dataset:
    """`count` drawn digits, ten classes in equal numbers (to within one), shuffled.

    Returns images (count, 1, 28, 28) uint8, ink 255 on ground 0, and labels (count,) int64.  One
    seed gives the same digits on every run.
    """
    if count < 1:
        raise ValueError(f"digits: count={count} should be at least 1")
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10)
    images = np.empty((count, 1, SIZE, SIZE), np.uint8)
    for digit, forms in enumerate(FORMS):
        shares = np.array([share for share, strokes in forms])
        members = np.flatnonzero(labels == digit)
        hands = rng.choice(len(forms), len(members), p=shares / shares.sum())
        for hand, (_, strokes) in enumerate(forms):
            chosen = members[hands == hand]
            for start in range(0, len(chosen), CHUNK):
                chunk = chosen[start:start + CHUNK]
                images[chunk, 0] = draw(strokes, len(chunk), rng)
    return Dataset(images, labels.astype(np.int64), tuple("0123456789"),
                   f"{count:,} digits drawn by minicnn (seed {seed})")


def draw(strokes: tuple[str, ...], N: int, rng: np.random.Generator) -> np.ndarray:
    """One form of a digit, written by N hands: (N, 28, 28) uint8."""
    curves = []
    for points, basis in map(read_stroke, strokes):
        pen = points + tremble(points, N, rng)                         # (N, P, 2)
        curves.append(np.einsum("mp,npk->nmk", basis, pen))            # (N, M, 2)
    curve = bend(np.concatenate(curves, axis=1), rng)
    radius = np.clip(rng.lognormal(np.log(1.25), 0.3, N), 0.6, 2.4)
    curve = fit(curve, BOX - 2 * radius)
    pressure = 1 + 0.12 * wave(np.linspace(0, 1, curve.shape[1]), rng, N)      # (N, M)
    return centre(ink(curve, radius, pressure, rng.uniform(0.8, 1.6, N)))


def read_stroke(stroke: str) -> tuple[np.ndarray, np.ndarray]:
    """Points (P, 2) in units of the digit's height, and the matrix (M, P) from points to curve."""
    corners, points = [0], []
    for i, word in enumerate(stroke.split()):
        x, y = word.rstrip("!").split(",")
        points.append((float(x) / 100 - 0.5, float(y) / 100 - 0.5))
        if word.endswith("!"):
            corners.append(i)
    corners.append(len(points) - 1)
    basis = []
    for first, last in zip(corners, corners[1:], strict=False):
        piece = np.zeros((0, len(points)))
        rows = smooth_curve(np.array(points[first:last + 1]))          # (M', P')
        piece = np.zeros((len(rows), len(points)))
        piece[:, first:last + 1] = rows
        basis.append(piece)
    return np.array(points), np.concatenate(basis)


def smooth_curve(points: np.ndarray) -> np.ndarray:
    """The matrix (M, P) that turns P points into M points of the curve through them.

    Between neighbours the curve is a cubic; at a point its speed is the mean of the speeds before
    and after (a Catmull-Rom spline, the time between points being the root of their distance).
    A matrix, because the trembling points of every image are then one product with it.
    """
    P = len(points)
    each = np.eye(P)                                                   # row i: point i
    length = np.sqrt(((points[1:] - points[:-1]) ** 2).sum(axis=1))    # (P-1,)
    time = np.sqrt(length)
    speed = (each[1:] - each[:-1]) / time[:, None]                     # (P-1, P)
    before, after = time[:-1, None], time[1:, None]
    inner = (after * speed[:-1] + before * speed[1:]) / (before + after)
    tangent = np.concatenate([speed[:1], inner, speed[-1:]])           # (P, P)
    if P > 2:       # the ends: straight on, as bent as the neighbouring span
        tangent[0] = 1.5 * speed[0] - 0.5 * tangent[1]
        tangent[-1] = 1.5 * speed[-1] - 0.5 * tangent[-2]
    rows = []
    for i in range(P - 1):
        t = np.linspace(0, 1, max(2, int(np.ceil(length[i] / SPACING)) + 1))[:, None]
        rows.append((1 + 2 * t) * (1 - t) ** 2 * each[i] + t ** 2 * (3 - 2 * t) * each[i + 1]
                    + time[i] * t * (1 - t) * ((1 - t) * tangent[i] - t * tangent[i + 1]))
    return np.concatenate(rows)


def tremble(points: np.ndarray, N: int, rng: np.random.Generator) -> np.ndarray:
    """How far each point misses its place, less where points are close: (N, P, 2).

    A stroke begins and ends less surely, and shifts as a whole.
    """
    step = np.sqrt(((points[1:] - points[:-1]) ** 2).sum(axis=1))      # (P-1,)
    near = np.minimum(np.append(step, step[-1]), np.insert(step, 0, step[0]))[:, None]
    miss = TREMBLE * near * rng.normal(0, 1, (N, len(points), 2))
    miss[:, [0, -1]] += rng.normal(0, ENDS, (N, 2, 2))
    return miss + rng.normal(0, 0.02, (N, 1, 2))


def bend(curve: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Smooth distortion, then aspect, slant and rotation: what the whole hand does. (N, M, 2)."""
    N = len(curve)
    x, y = curve[..., 0], curve[..., 1]                                # (N, M)
    x, y = x + BEND * (wave(y, rng, N) + 0.6*wave(x, rng, N)), y + BEND * (wave(y, rng, N) + 0.8 * wave(x, rng, N))
    aspect = rng.lognormal(0, 0.2, (N, 1))
    slant = rng.normal(0.15, 0.25, (N, 1))
    angle = rng.normal(0, 0.08, (N, 1))
    x = x * aspect - slant * y
    x, y = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    return np.stack([x, y], axis=-1)


def wave(along: np.ndarray, rng: np.random.Generator, N: int) -> np.ndarray:
    """A random smooth function of a coordinate, deviation about 1: (N, M) or (M,) -> (N, M)."""
    total = 0
    for frequency in (0.5, 1.0):
        phase = rng.uniform(0, 2 * np.pi, (N, 1))
        total = total + rng.normal(0, 1, (N, 1)) * np.sin(2 * np.pi * frequency * along + phase)
    return total


def fit(curve: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Scale each curve, keeping its proportions, so that its longer side is `side` (N,) pixels."""
    low, high = curve.min(axis=1, keepdims=True), curve.max(axis=1, keepdims=True)       # (N, 1, 2)
    scale = side[:, None, None] / (high - low).max(axis=2, keepdims=True)
    return (curve - (low + high) / 2) * scale + BOX / 2


def ink(curve: np.ndarray, radius: np.ndarray, pressure: np.ndarray,
        softness: np.ndarray) -> np.ndarray:
    """How dark each pixel of the box is, 0..1: (N, 20, 20)."""
    N, M, _ = curve.shape
    pixel = np.arange(BOX) + 0.5
    # Squared distances, relative to the pen's radius there; the nearest point of the curve counts.
    press = 1 / pressure[:, :, None]
    dx2 = ((pixel - curve[:, :, :1]) * press).astype(np.float32) ** 2             # (N, M, 20)
    dy2 = ((pixel - curve[:, :, 1:]) * press).astype(np.float32) ** 2             # (N, M, 20)
    nearest = np.full((N, BOX, BOX), np.inf, np.float32)
    for m in range(M):
        np.minimum(nearest, dy2[:, m, :, None] + dx2[:, m, None, :], out=nearest)
    edge = (radius[:, None, None] - np.sqrt(nearest)) / softness[:, None, None]
    return np.clip(0.5 + edge, 0, 1)


def centre(boxes: np.ndarray) -> np.ndarray:
    """Place (N, 20, 20) in (N, 28, 28) uint8, the centre of mass as near the middle as pixels allow."""
    N = len(boxes)
    pixel = np.arange(BOX)
    mass = boxes.sum(axis=(1, 2))
    row = (boxes.sum(axis=2) * pixel).sum(axis=1) / mass
    col = (boxes.sum(axis=1) * pixel).sum(axis=1) / mass
    top = np.clip(np.rint(SIZE / 2 - row), 0, SIZE - BOX).astype(int)
    left = np.clip(np.rint(SIZE / 2 - col), 0, SIZE - BOX).astype(int)
    images = np.zeros((N, SIZE, SIZE), np.uint8)
    rows, cols = top[:, None] + pixel, left[:, None] + pixel           # (N, 20)
    images[np.arange(N)[:, None, None], rows[:, :, None], cols[:, None, :]] = np.rint(255 * boxes)
    return images
