"""Networks that answer with maps or boxes, trained on drawn scenes for an experiment."""

from minicnn.backend.seeds import manual_seed
from minicnn.data.scenes import Scenes
from minicnn.data.shapes import shapes
from minicnn.experiments.experiment import Settings
from minicnn.layers.module import Module
from minicnn.training.loop import Result, fit
from minicnn.training.recipes import recipe_named


def scenes(settings: Settings, seed: int, count: int, tests: int, size: int) -> tuple[Scenes,
                                                                                      Scenes]:
    """For training, other ones for each seed, and for testing, the same ones."""
    settings.note(scenes="shapes drawn by minicnn", images=count, test=tests,
                  pixels=f"{size}x{size}")
    return shapes(count, 100 + seed, size), shapes(tests, 1, size)


def taught(settings: Settings, model: Module, recipe: str, epochs: int, seed: int, train: Scenes,
           test: Scenes, size: int) -> Result:
    """The network after so many epochs; .history has a line an epoch, with its scores in percent.

    recipe : "maps-small" or "boxes-small"
    """
    manual_seed(seed)
    settings.note(epochs=epochs, recipe=recipe)
    done = fit(model, train, test, recipe_named(recipe)._replace(epochs=epochs, batch=16),
               seed=seed, in_shape=(3, size, size), log=lambda line: None)
    if not done.finished:
        raise KeyboardInterrupt                            # fit has heard it, and ended in order
    return done
