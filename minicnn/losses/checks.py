"""What losses accept.  Checked on the host and before any arithmetic.

An index that is out of range wraps silently on a GPU, and -1 does on the CPU too.
"""

from math import inf
from typing import Any, NoReturn

import numpy as np

from minicnn.autograd.tensor import Tensor
from minicnn.backend.arrays import Array, is_array, sum_dtype, to_cpu, xp_of
from minicnn.backend.messages import type_name
from minicnn.backend.windows import is_whole

REDUCTIONS = ("mean", "sum", "none")


def check_answers(name: str, what: str, answers: Any) -> None:
    if not isinstance(answers, Tensor):
        raise TypeError(f"{name}: {what} must be a Tensor, got {type_name(answers)}; "
                        "wrap it: Tensor(x)")


def check_scores(name: str, what: str, scores: Any) -> tuple[int, int]:
    """(N, C) of the network's output, or an error."""
    check_answers(name, what, scores)
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise ValueError(f"{name}: {what} must be (N, C), one row of C scores for each sample, got "
                         f"{scores.shape}; does the network end with Flatten(), Linear(...)?")
    return scores.shape


def check_reduction(name: str, reduction: str) -> None:
    if reduction not in REDUCTIONS:
        raise ValueError(f'{name}: reduction must be "mean", "sum" or "none", got {reduction!r}')


def check_average(name: str, reduction: str, answers: Tensor) -> None:
    check_reduction(name, reduction)
    if reduction == "mean" and answers.numel() == 0:
        raise ValueError(f"{name}: nothing to average, the batch is empty; leave it out, or use "
                         'reduction="sum"')


def check_smoothing(name: str, label_smoothing: float) -> None:
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name}: label_smoothing must lie in [0, 1], got {label_smoothing}")


def on_the_host(name: str, labels: Any) -> tuple[np.ndarray, str]:
    """Labels as a NumPy array, and a word for that array in terms of what the user gave."""
    if isinstance(labels, Tensor):
        return to_cpu(labels.data), "labels.data"
    if is_array(labels):
        return to_cpu(labels), "labels"
    try:
        return np.asarray(labels), "np.asarray(labels)"    # a list, a column of a table, ...
    except ValueError:
        raise ValueError(f"{name}: labels must be one class index for each sample, got "
                         f"{type_name(labels)} whose parts differ in length") from None


def check_labels(name: str, labels: Any, shape: tuple[int, ...], C: int,
                 ignore_index: int | None = None) -> np.ndarray:
    """The labels as whole numbers in the computer's memory, each in 0 ... C-1 or ignore_index.

    name : of the loss, for messages;  shape : (N,), or (N, H, W) for the pixels of maps
    """
    labels, word = on_the_host(name, labels)
    if labels.shape != shape:
        refuse_shape(name, labels.shape, shape, word)
    if labels.size == 0:
        return np.zeros(shape, np.int64)
    if labels.dtype.kind not in "iu":
        refuse_others(name, labels, word)
    wrong = (labels < 0) | (labels >= C)
    if ignore_index is not None:
        wrong &= labels != ignore_index
    if wrong.any():
        place = np.unravel_index(int(wrong.argmax()), shape)
        cure = "; pixels to leave out: ignore_index=255" * bool(labels[place] == 255 and place[1:])
        raise ValueError(f"{name}: {placed(place)} has label {labels[place]}, the {C} scores are "
                         f"for classes 0 to {C - 1}; {wrong.sum()} of {labels.size} labels are out "
                         f"of range{cure}")
    return labels.astype(np.int64, copy=False)


def placed(place: Any) -> str:
    """sample 3; of a map: sample 3, pixel (10, 20)."""
    sample, *pixel = map(int, place)
    return f"sample {sample}" + f", pixel {tuple(pixel)}" * bool(pixel)


def refuse_shape(name: str, found: tuple[int, ...], shape: tuple[int, ...], word: str) -> NoReturn:
    N, cure = shape[0], ""
    if len(shape) == 1:
        if not found:
            cure = "; give a list or an array"
        if len(found) == 2 and found[0] == N:
            cure = (f"; take the column: {word}[:, 0]" if found[1] == 1
                    else f"; one-hot rows become indices by {word}.argmax(axis=1)")
        what = f"({N},), one class index for each of the {N} samples"
    else:
        if found == (N,):
            cure = "; does the network end with Flatten(), Linear(...)?"
        elif found == (N, 1, *shape[1:]):
            cure = f"; take the channel: {word}[:, 0]"
        elif len(found) == len(shape) + 1 and found[:1] + found[2:] == shape:
            cure = f"; one-hot maps become indices by {word}.argmax(axis=1)"
        what = f"{shape}, one class index for each pixel"
    raise ValueError(f"{name}: labels must be {what}, got {found}{cure}")


def refuse_others(name: str, labels: np.ndarray, word: str) -> None:
    """TypeError unless all labels are whole numbers, which objects may be, too."""
    each, number = labels.reshape(-1), 0
    if labels.dtype.kind == "O":
        number = next((n for n, label in enumerate(each) if not is_whole(label)), len(each))
    if number == len(each):
        return
    label = each[number]
    cure = f"convert: {word}.astype('int64')"
    if isinstance(label, str):
        cure = "number the classes: [names.index(label) for label in labels]"
    elif label is None or label != label:
        cure = "leave the samples without a label out"
    raise TypeError(f"{name}: labels must be class indices, whole numbers, got {labels.dtype}: "
                    f"{placed(np.unravel_index(number, labels.shape))} has {label}; {cure}")


def class_weights(weight: Any, C: int, dtype: np.dtype) -> np.ndarray:
    """The weights of the classes (C,), ones if none are given."""
    if weight is None:
        return np.ones(C, dtype)
    weight = weight.data if isinstance(weight, Tensor) else weight
    w = np.asarray(to_cpu(weight) if is_array(weight) else weight, dtype)
    if w.shape != (C,):
        raise ValueError(f"cross_entropy: weight must be ({C},), one number for each class, got "
                         f"{w.shape}")
    if not (np.isfinite(w) & (w >= 0)).all():
        raise ValueError("cross_entropy: class weights must be finite and not negative")
    return w


def constant(name: str, what: str, value: Any, answers: Tensor, most: float = inf,
             spread: bool = False) -> Array:
    """What a loss compares the answers with, as an array in their library that has no gradient.

    Its numbers lie in 0 ... most.  It must have the answers' shape; with `spread` one that NumPy
    broadcasts to it.
    """
    if getattr(value, "requires_grad", False):
        raise ValueError(f"{name}: {what} has no gradient here, but requires one; hand in its "
                         f"values alone: {what}.detach()")
    value = value.data if isinstance(value, Tensor) else value
    if not is_array(value):
        try:
            value = np.asarray(value)
        except ValueError:
            raise TypeError(f"{name}: {what} must be numbers, got {type_name(value)} whose parts "
                            "differ in length") from None
    if value.dtype.kind not in "biuf":
        raise TypeError(f"{name}: {what} must be numbers, got {value.dtype}")
    array = xp_of(value).asarray(value, sum_dtype(answers.dtype))
    if not (fits(array.shape, answers.shape) if spread else array.shape == answers.shape):
        wanted = "a number, or an array that NumPy broadcasts to it" if spread else "of that shape"
        raise ValueError(f"{name}: the answers are {answers.shape}, {what} is {array.shape}; it "
                         f"must be {wanted}")
    # Looked at where it came from: on a GPU that would mean to wait for it.
    wrong = ~((array >= 0) & (array <= most) & (array < inf))
    if wrong.any():
        place = tuple(map(int, np.argwhere(to_cpu(wrong))[0]))
        value = float(array[place])
        bounds = f"lie in [0, {most:g}]" if most < inf else "be finite and not negative"
        raise ValueError(f"{name}: {what} must {bounds}; at {place} it is {value:g}")
    return xp_of(answers.data).asarray(array)


def fits(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether an array of `shape` broadcasts to `whole`."""
    try:
        return np.broadcast_shapes(shape, whole) == whole
    except ValueError:
        return False


def reduced(losses: Tensor, reduction: str) -> Tensor:
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()
