"""The lectures' experiments, each a command: `python -m minicnn experiment NAME`.

One file is one experiment, with EXPERIMENT at its end.  What they share: experiment.py (what an
experiment is), verdict.py (the rule), paired.py (seeds), pictures.py (data), networks.py (training,
and the cache), figures.py, records.py (tables), outcome.py, stored.py.
"""

from minicnn.experiments import (
    augment,
    base_ab,
    batchnorm,
    captions,
    cardinality,
    cell,
    depth,
    detection,
    dream,
    dropout,
    enas,
    ensemble,
    field_shape,
    filters,
    fusion,
    gallery,
    gates,
    identity,
    inception,
    jepa,
    kernels,
    lesion,
    lesions,
    lrn,
    memory,
    nas,
    neighbours,
    nin,
    norms,
    occlusion,
    off_the_shelf,
    parts,
    path_gradients,
    paths,
    reorder,
    responses,
    retrieval,
    scales,
    scaling,
    scene_labels,
    scratch,
    segmentation,
    separable,
    shift,
    sizes,
    style,
    three_threes,
    towers,
    transfer,
    unravel,
    wide,
    winners,
)
from minicnn.experiments.elsewhere import ELSEWHERE
from minicnn.experiments.experiment import Effect, Exact, Experiment, Result, Settings
from minicnn.experiments.outcome import run_experiment
from minicnn.experiments.verdict import verdict

__all__ = ["ELSEWHERE", "EXPERIMENTS", "Effect", "Exact", "Experiment", "Result", "Settings",
           "run_experiment", "verdict"]

EXPERIMENTS: dict[str, Experiment] = {module.EXPERIMENT.name: module.EXPERIMENT for module in (
    augment, base_ab, batchnorm, captions, cardinality, cell, depth, detection, dream, dropout,
    enas, ensemble, field_shape, filters, fusion, gallery, gates, identity, inception, jepa,
    kernels, lesion, lesions, lrn, memory, nas, neighbours, nin, norms, occlusion,
    off_the_shelf, parts, path_gradients, paths, reorder, responses, retrieval, scales, scaling,
    scene_labels, scratch, segmentation, separable, shift, sizes, style, three_threes, towers,
    transfer, unravel, wide, winners)}
