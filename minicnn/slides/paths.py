"""Claims about the paths through a ResNet: at each unit one may take the shortcut."""

from math import comb, prod

from minicnn.layers.module import Module
from minicnn.models.network import Residual
from minicnn.slides.claim import AGREES, DIFFERS, Claim, Fact, Topic
from minicnn.slides.measure import network
from minicnn.slides.resnet import units


def paths(part: Module, deleted: Module | None = None) -> int:
    """Ways through a network if at each unit one may take the shortcut; the deleted has no other.
    """
    if isinstance(part, Residual):
        return 1 if part is deleted else paths(part.body) + 1
    return prod(paths(inner, deleted) for _, inner in part.named_parts())


def two_to_the_n() -> Fact:
    count, N = paths(network("resnet110")), len(units("resnet110"))
    return Fact(count == 2 ** N, f"{count:,}, N = {N}")


def lesion() -> Fact:
    whole = network("resnet110")
    left = [paths(whole, unit) for unit in units("resnet110")]
    return Fact(all(2 * count == paths(whole) for count in left), f"{left[0]:,}, whichever unit")


def share_of_paths(name: str, shortest: int, longest: int) -> float:
    """Of all paths, those that run through so many layers, two in each unit."""
    count = len(units(name))
    return sum(comb(count, k) for k in range(shortest // 2, longest // 2 + 1)) / 2 ** count


PATHS = Topic("Paths through ResNet", (
    Claim("iitk: Exponential Multiplicity",
          "paths through N units, in ResNet-110", "2^N", two_to_the_n, AGREES),
    Claim("iitk: Deleting a Layer",
          "paths that are left when one unit is deleted", "half", lesion, AGREES),
    Claim("iitk: Exp Ensembles of Shallow Nets",
          "ResNet-110 is an ensemble of networks of so many layers", "10-34",
          lambda: Fact(share_of_paths("resnet110", 10, 34) > 0.5,
                       f"{100 * share_of_paths('resnet110', 10, 34):.2f} % of the paths"), DIFFERS,
          lambda: "those carry most of the gradient (Veit et al. 2016); "
          f"{100 * share_of_paths('resnet110', 38, 70):.0f} % of the paths have 38 to 70 layers"),
))
