"""How each family is trained, as data: what the paper says, and a small form for 32 x 32 images.

    recipe_for("resnet50")              the paper's
    recipe_for("resnet20", small=True)  the one for a laptop: 10,000 small images, minutes an epoch
    RECIPES["resnet-slide"]             by its own name
    print(recipe_for("xception"))       whose it is, and every figure
"""

from minicnn.training.recipes.families import FAMILIES, PUBLISHED, RECIPES, recipe_for, recipe_named
from minicnn.training.recipes.laptop import LAPTOP
from minicnn.training.recipes.recipe import Recipe
from minicnn.training.recipes.scenes import LAPTOP_SCENES

__all__ = ["FAMILIES", "LAPTOP", "LAPTOP_SCENES", "PUBLISHED", "RECIPES", "Recipe", "recipe_for",
           "recipe_named"]
