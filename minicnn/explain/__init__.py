"""Where does this number come from?  Any value of any layer, and any gradient, as arithmetic.

    record.py         what happened in one pass
    explainer.py      what an explainer is; kinds/ has one for every Function
    explanation.py    what it says: data
    answer.py         which operation made a value, and its explanation
    text.py           text, Markdown, JSON; web.py: a page, page/
    step.py           a whole training step, stop by stop; step_text.py
    subject.py        a network and a picture; pocket.py: the network that comes with the package
"""

from minicnn.explain.answer import explain
from minicnn.explain.explanation import Explanation
from minicnn.explain.pocket import pocket_digit, pocket_lenet
from minicnn.explain.subject import Subject, network_subject, pocket_subject
from minicnn.explain.text import as_json, as_markdown, as_text

__all__ = ["Explanation", "Subject", "as_json", "as_markdown", "as_text", "explain",
           "network_subject", "pocket_digit", "pocket_lenet", "pocket_subject"]
