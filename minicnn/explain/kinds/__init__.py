"""How each Function is explained, one file a kind; importing this room registers them all."""

from minicnn.explain.kinds import (
    attending,
    chance,
    contrasts,
    convolution,
    curves,
    distances,
    growing,
    moves,
    normalising,
    pairs,
    pooling,
    regions,
    responses,
    shares,
    sums,
    vectors,
    yes_or_no,
)

__all__ = ["attending", "chance", "contrasts", "convolution", "curves", "distances", "growing",
           "moves", "normalising", "pairs", "pooling", "regions", "responses", "shares", "sums",
           "vectors", "yes_or_no"]
