"""The book's own directives, for Markdown:

    ```{run} explain lenet5 --layer CONV2        what the command prints, when the book is built
    ```{source} layers.conv.Conv2dFn.forward     a piece of the package, by its name
    ```{experiment} depth                        a stored full run: figure, finding, verdict, date
    ```{exercise} 1.2                            a question, and its hidden answer
    ```{exercises} 1                             all of chapter 1

Each refuses what it does not know, and `sphinx -W` ends there: a page cannot promise a command, a
function or an experiment that is gone.
"""

import importlib
import inspect
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from experiments import experiment_page, files_of
from outputs import ROOT, output_of, stored_file
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from minicnn.explain.exercises import EXERCISES, Exercise, exercise, written


class Markdown(SphinxDirective):
    """A directive that can read Markdown of its own making."""

    def markdown(self, text: str) -> list[nodes.Node]:
        box = nodes.container()
        self.state.nested_parse(StringList(text.split("\n"), self.env.docname),
                                self.content_offset, box)
        return box.children


class Run(SphinxDirective):
    """`python -m minicnn ...` in this process, prompt and output.

    :status: 1        the status expected (0); another one ends the build
    :lines: 1-4, 9-   only these lines of the output, "..." for the others
    :stored:          the output stands in docs/stored/outputs: for commands of more than 3 seconds.
                      docs/_ext/outputs.py renews these files, and a test compares them
    """

    required_arguments, final_argument_whitespace = 1, True
    option_spec = {"status": directives.nonnegative_int, "lines": directives.unchanged,
                   "stored": directives.flag}

    def run(self) -> list[nodes.Node]:
        command = " ".join(self.arguments[0].split())
        expected = self.options.get("status", 0)
        if "stored" in self.options:
            file = stored_file(command)
            if not file.exists():
                raise self.error(f"run: {file.relative_to(ROOT)} is missing; "
                                 "python docs/_ext/outputs.py writes it")
            self.env.note_dependency(str(file))
            said = file.read_text(encoding="utf-8").partition("\n")[2]
        else:
            status, said = output_of(command)
            if status != expected:
                raise self.error(f"run: {command} ended with {status}, not {expected}:\n{said}")
        return [shown(f"python -m minicnn {command}", picked(said, self.options.get("lines", "")))]


def shown(command: str, said: str) -> nodes.container:
    """A command to copy, and below it what it prints."""
    box = nodes.container(classes=["run"])
    for text, kind in ((command, "prompt"), (said.rstrip("\n"), "said")):
        if text:
            box += nodes.literal_block(text, text, language="text", classes=[kind])
    return box


def picked(said: str, ranges: str) -> str:
    """Lines "1-4, 9-", counted from 1; runs of others become "..."."""
    if not ranges:
        return said
    lines = said.rstrip("\n").split("\n")
    kept: set[int] = set()
    for part in ranges.split(","):
        first, dash, last = part.strip().partition("-")
        kept.update(range(int(first), (int(last) if last else len(lines) if dash else int(first))
                          + 1))
    out: list[str] = []
    for number, line in enumerate(lines, 1):
        if number in kept:
            out.append(line)
        elif not out or out[-1] != "...":
            out.append("...")
    return "\n".join(out)


class Source(SphinxDirective):
    """A class, function or method of the package as it stands there, with file and lines."""

    required_arguments = 1
    option_spec: dict[str, Any] = {}

    def run(self) -> list[nodes.Node]:
        try:
            file, first, text = source_of(self.arguments[0])
        except (ImportError, AttributeError) as problem:
            raise self.error(f"source: {self.arguments[0]}: {problem}") from None
        self.env.note_dependency(str(ROOT / file))
        box = nodes.container(classes=["source"])
        box += nodes.paragraph("", "", nodes.literal(text=f"{file}:{first}"))
        code = nodes.literal_block(text, text, language="python", linenos=True)
        code["highlight_args"] = {"linenostart": first}
        return [box, code]


def source_of(name: str) -> tuple[str, int, str]:
    """(file, first line, text) of "layers.conv.Conv2dFn.forward", "minicnn." in front or not."""
    parts = name.removeprefix("minicnn.").split(".")
    for depth in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(["minicnn", *parts[:depth]]))
        except ModuleNotFoundError:
            continue
        for part in parts[depth:]:
            found = getattr(found, part)
        found = inspect.unwrap(found)
        lines, first = inspect.getsourcelines(found)
        file = Path(inspect.getfile(found)).relative_to(ROOT)
        return file.as_posix(), max(first, 1), inspect.cleandoc("\n" + "".join(lines))
    raise ImportError("no module of minicnn is called so")


class ExerciseDirective(Markdown):
    """The question, and behind a click the answer, how one gets there, and the usual slips."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        try:
            return [self.box(exercise(self.arguments[0]))]
        except ValueError as problem:
            raise self.error(f"exercise: {problem}") from None

    def box(self, one: Exercise) -> nodes.container:
        slips = "\n".join(f"- *{written(slip.value())}*: {slip.words}" for slip in one.slips)
        box = nodes.container(classes=["exercise"], ids=[f"exercise-{one.number}"])
        box += self.markdown(f"**Exercise {one.number}.** {one.question}")
        box += nodes.raw("", "<details><summary>The answer</summary>", format="html")
        box += self.markdown(
            f"**{written(one.answer())}.** {one.explained()}\n\n{slips}\n\n"
            f"Yours: `python -m minicnn exercise {one.number} ANSWER`")
        box += nodes.raw("", "</details>", format="html")
        return box


class ExercisesDirective(ExerciseDirective):
    """All of a chapter."""

    def run(self) -> list[nodes.Node]:
        chapter = [one for one in EXERCISES.values() if str(one.chapter) == self.arguments[0]]
        if not chapter:
            raise self.error(f"exercises: there are none of chapter {self.arguments[0]}")
        return [self.box(one) for one in chapter]


class ExperimentDirective(Markdown):
    """The stored full run of an experiment; without one, its question and command."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        try:
            words = experiment_page(self.arguments[0])
        except ValueError as problem:
            raise self.error(f"experiment: {problem}") from None
        for file in files_of(self.arguments[0]):
            if file.exists():
                self.env.note_dependency(str(file))
        box = nodes.container(classes=["experiment"])
        box += self.markdown(words)
        return [box]


def setup(app: Sphinx) -> dict[str, Any]:
    """What stands in the book was computed by the package: all is built again when that changes."""
    newest = max(path.stat().st_mtime for path in (ROOT / "minicnn").rglob("*.py"))
    app.add_config_value("package_of", newest, "env", float)
    for name, directive in (("run", Run), ("source", Source), ("exercise", ExerciseDirective),
                            ("exercises", ExercisesDirective), ("experiment", ExperimentDirective)):
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
