"""Are residuals small?  How far the outputs of F spread, unit by unit, beside what passes by.

    y = relu(x + F(x))            std of F(x) over pictures, places and channels; of x likewise

If identity were nearly right, F would be small.  The networks are those of `depth`.
"""

import numpy as np

from minicnn.autograd.switches import no_grad
from minicnn.autograd.tensor import Tensor
from minicnn.data.canvas import drawing
from minicnn.experiments.depth import network, pictures
from minicnn.experiments.experiment import Effect, Experiment, Result, Settings
from minicnn.experiments.figures import Figure, curves, panels
from minicnn.experiments.networks import prepared
from minicnn.experiments.paired import paired
from minicnn.experiments.units import chain_of

Spreads = list[tuple[float, float]]    # of each unit, std of F and of x


def spreads(settings: Settings, name: str, seed: int) -> Spreads:
    """Of the plain network, F is all that comes out of the convolutions."""
    train, test = pictures(settings, seed)
    chain, found = chain_of(network(settings, name, seed).model), []
    with no_grad():
        x = chain.start(Tensor(prepared(train, test.images[:200])))
        for unit in chain.units:
            f = unit.body(x)                               # type: ignore[attr-defined]
            found.append((float(f.numpy().std()), float(x.numpy().std())))
            x = unit(x)
    return found


def run(settings: Settings) -> Result:
    names = settings.pick(("plain20", "residual20"), ("plain20", "residual20", "residual56"),
                          ("plain20", "residual20"))
    found = paired(settings, lambda seed: {name: spreads(settings, name, seed) for name in names})
    rows = [{"seed": seed, "network": name, "unit": n + 1, "std of F": f, "std of x": x}
            for seed, each in zip(settings.seeds, found, strict=False)
            for name in names for n, (f, x) in enumerate(each[name])]
    mean = {name: [float(np.mean([f for f, _ in each[name]])) for each in found] for name in names}
    ratio = [float(np.mean([f / x for f, x in each["residual20"]])) for each in found]
    effects = [
        Effect("residual: F is smaller than x, their ratio is below 1", [r - 1 for r in ratio], -1,
               ""),
        Effect("F is smaller in the residual network than in the plain one", [
            r - p for r, p in zip(mean["residual20"], mean["plain20"], strict=True)], -1, "")]
    if "residual56" in names:
        effects.append(Effect("F is smaller in 56 layers than in 20", [
            a - b for a, b in zip(mean["residual56"], mean["residual20"], strict=True)], -1, ""))
    told = ", ".join(f"{name} {np.mean(values):.2f}" for name, values in mean.items())
    return Result(rows, picture(found), f"Mean std of F: {told}; in the residual network of 20 "
                  f"layers F is {np.mean(ratio):.2f} times as large as x.", effects)


@drawing()
def picture(found: list[dict[str, Spreads]]) -> Figure:
    drawn, (left, right) = panels("How large are residuals?", 2)
    names = [name for name in found[0] if name.endswith("20")]
    units = range(1, 1 + len(found[0]["residual20"]))
    curves(left, list(units), {name: [[f for f, _ in each[name]] for each in found]
                               for name in names}, "unit", "std of F")
    curves(right, list(units), {
        "F(x)": [[f for f, _ in each["residual20"]] for each in found],
        "x, which passes by": [[x for _, x in each["residual20"]] for each in found]},
        "unit", "std", "residual, 20 layers")
    for axes in (left, right):
        axes.set_ylim(bottom=0)
    return Figure(drawn, "Two panels: the standard deviation of F by unit, plain and residual; and "
                  "of F beside x in the residual network.")


EXPERIMENT = Experiment(
    "responses", ("d5",), "Are residuals small?", 'iitk "Residual Learning"',
    "The standard deviation of each unit's F, beside that of x, on 200 test pictures.",
    quick_seconds=68, full_seconds=30, shared_seconds=66, run=run,
    expected="F is smaller than x, but not by much in 20 layers of a few epochs: small residuals "
    "need more layers.")
