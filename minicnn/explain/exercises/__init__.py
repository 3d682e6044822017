"""The exercises of the book, as data: `python -m minicnn exercise 1.2 2416`.

    exercise.py     what an exercise is, and how an answer is judged
    one file a chapter; CHAPTERS below lists them
"""

from minicnn.explain.exercises.backward import BACKWARD
from minicnn.explain.exercises.convolution import CONVOLUTION
from minicnn.explain.exercises.efficiency import EFFICIENCY
from minicnn.explain.exercises.exercise import Exercise, Slip, written
from minicnn.explain.exercises.imagine import IMAGINE
from minicnn.explain.exercises.inception import INCEPTION
from minicnn.explain.exercises.lenet import LENET
from minicnn.explain.exercises.maps_and_boxes import MAPS_AND_BOXES
from minicnn.explain.exercises.normalisation import NORMALISATION
from minicnn.explain.exercises.pooling import POOLING
from minicnn.explain.exercises.printed_numbers import NUMBERS
from minicnn.explain.exercises.regularisation import REGULARISATION
from minicnn.explain.exercises.residual import RESIDUAL
from minicnn.explain.exercises.seeing import SEEING
from minicnn.explain.exercises.softmax import SOFTMAX
from minicnn.explain.exercises.starting import STARTING
from minicnn.explain.exercises.training import TRAINING
from minicnn.explain.exercises.transferring import TRANSFER
from minicnn.explain.exercises.vgg import VGG

__all__ = ["CHAPTERS", "EXERCISES", "Exercise", "Slip", "exercise", "written"]

CHAPTERS = (CONVOLUTION, POOLING, BACKWARD, SOFTMAX, LENET, TRAINING, STARTING, NORMALISATION,
            REGULARISATION, VGG, INCEPTION, RESIDUAL, EFFICIENCY, SEEING, TRANSFER, NUMBERS,
            MAPS_AND_BOXES, IMAGINE)
EXERCISES = {one.number: one for chapter in CHAPTERS for one in chapter}


def exercise(number: str) -> Exercise:
    """The exercise "3.2".  Raises ValueError if there is none."""
    if number in EXERCISES:
        return EXERCISES[number]
    same_chapter = [known for known in EXERCISES if known.split(".")[0] == number.split(".")[0]]
    first, *_, last = EXERCISES
    raise ValueError(f"there is no exercise {number!r}; there are "
                     f"{', '.join(same_chapter) or f'{first} to {last}'}")
