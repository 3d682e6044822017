"""Formulas of docstrings as TeX: "y[n, f] = sum_m x[n, m] w[f, m] + b[f]" gets indices and a sum.

Only what cannot go wrong is changed: indices go down, powers up, names become letters.  A line that
has anything else in it stays as it is typed.
"""

import re

from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml

GREEK = {"alpha": "alpha", "beta": "beta", "gamma": "gamma", "lambda": "lambda", "mu": "mu",
         "sigma": "sigma",
         "eps": "varepsilon", "pi": "pi", "Phi": "Phi"}
FUNCTIONS = {"sqrt", "max", "min", "exp", "log", "tanh"}
NAMES = {"var", "cols", "lr", "wd", "relu", "sigmoid", "softmax", "bias", "weight", "running"}
SIGNS = {"<=": r"\le ", ">=": r"\ge ", "->": r"\to ", "<-": r"\leftarrow ", "...": r"\ldots ",
         "..": r"\ldots ", "@": r"\;", "+=": r"\text{ += }"}
TOKEN = re.compile(r"(?P<space>\s+)|(?P<sign><=|>=|->|<-|\.\.\.?|\+=|@)|(?P<size>\d+(?:x\d+)+)"
                   r"|(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)"
                   r"|(?P<name>(?:[a-z]{3,}-[a-z]{3,}|[A-Za-z][A-Za-z0-9]*)'?"
                   r"(?:_(?:[a-z]-\d|[A-Za-z0-9]+|\{[^{}]*\}|\([A-Z0-9a-z+-]+\)))*)"
                   r"|(?P<dot>(?<=\s)\.(?=\s))|(?P<open>[(\[])|(?P<close>[)\]])|(?P<power>\^)"
                   r"|(?P<other>[-+*/=,:;<>|])")

# A call with a keyword, of a function with a longer name, or of a class, is code.
CODE = re.compile(r"[(,] *\w+=\w|\b[a-z]{3,}_[a-z]{4,}\(|= [A-Z][a-z]{2,}\(")


def as_tex(text: str) -> str | None:
    """TeX of one formula; None if it is none, or has signs that are not known here."""
    if "=" not in text and "<-" not in text or re.search(r"'s\b", text):
        return None
    if CODE.search(text):
        return None
    try:
        tokens = tokens_of(text)
        tex, _ = run(tokens, "")
        tex2mathml(tex)
    except (ValueError, IndexError, MathError):
        return None
    words = re.compile(r"(\\text\{[^{}]*) \} *\\text\{ ")
    while words.search(tex):
        tex = words.sub(r"\1 ", tex)                       # one piece of text, not many
    tex = re.sub(r"(^|[(\[])(\\text\{) ", r"\1\2", tex)  # no space inside brackets
    tex = re.sub(r"(\\text\{[^{}]*) \}(?= ?[)\],;])", r"\1}", tex)
    return re.sub(" +", " ", tex).strip()


def tokens_of(text: str) -> list[tuple[str, str]]:
    """(kind, text); ValueError for an unknown sign."""
    found, at = [], 0
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"unknown sign {text[at]!r}")
        found.append((str(token.lastgroup), token[0]))
        at = token.end()
    return found


def run(tokens: list[tuple[str, str]], end: str) -> tuple[str, list[tuple[str, str]]]:
    """TeX up to the bracket `end`, and the tokens behind it."""
    out: list[str] = []
    before = last = ""
    while tokens:
        (kind, token), tokens = tokens[0], tokens[1:]
        if kind == "close" or token == end == "|":
            if token != end:
                raise ValueError("brackets that do not match")
            return "".join(out), tokens
        if kind == "open" and token == "[" and before in ("name", "close"):
            inner, tokens = run(tokens, "]")
            out.append(f"_{{{inner}}}" if "_{" not in out[-1] else f"[{inner}]")
        elif kind == "open":
            inner, tokens = run(tokens, ")" if token == "(" else "]")
            root = bool(out) and out[-1] == r"\sqrt "
            out[-1:] = [rf"\sqrt{{{inner}}}"] if root else [
                *out[-1:], f"({inner})" if token == "(" else f"[{inner}]"]
        elif token == "|" and next(iter(tokens), ("space", ""))[0] != "space":     # |x|
            inner, tokens = run(tokens, "|")
            out.append(rf"\left| {inner}\right| ")
            kind = "open"
        elif kind == "power":
            raised, tokens = raise_next(tokens)
            out.append(f"^{{{raised}}}")
        elif kind == "space":
            factors = before == "number" == next_kind(tokens)              # 4 35 is not 435
            out.append(r"\cdot " if factors else gap(last, tokens))
        elif token == "x" and before == "number" and next_kind(tokens) == "number":
            out.append(r"\times ")
        else:
            out.append(one(kind, token))
        if kind != "space":
            before = "close" if kind == "open" else kind
            last = token if before == "name" else ")" if before == "close" else ""
    if end:
        raise ValueError("a bracket is not closed")
    return "".join(out), tokens


def next_kind(tokens: list[tuple[str, str]]) -> str:
    return next((kind for kind, _ in tokens if kind != "space"), "")


def gap(last: str, tokens: list[tuple[str, str]]) -> str:
    """Between factors of which one is a name of several letters: "i SH" is not iSH.

    "s (x - y)" is a product, and not the function s(x - y).
    """
    if tokens and tokens[0] == ("open", "("):
        factor = last and not re.search(r"\\(text|sum|prod|max|min)", name(last))
        return r"\, " if factor else " "
    following = name(tokens[0][1]) if tokens and tokens[0][0] == "name" else ""
    spelt = [one for one in (name(last) if last[:1].isalpha() else last, following) if one]
    wide = any(re.match(r"\\(mathrm|log|exp|tanh)", one) for one in spelt)
    return r"\; " if len(spelt) == 2 and wide and r"\text" not in "".join(spelt) else " "


def raise_next(tokens: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """What stands behind ^: a name, a number, a bracket, with a sign or without."""
    (kind, token), rest = tokens[0], tokens[1:]
    if kind == "open":
        return run(rest, ")" if token == "(" else "]")
    if token == "-":
        raised, rest = raise_next(rest)
        return f"-{raised}", rest
    if kind == "name" and rest[:1] == [("open", "[")]:     # e^z[n, c]: the index is z's
        inner, rest = run(rest[1:], "]")
        return f"{one(kind, token)}_{{{inner}}}", rest
    return one(kind, token), rest


def one(kind: str, token: str) -> str:
    """A single token."""
    if kind == "space":
        return " "
    if kind == "sign":
        return SIGNS[token]
    if kind == "dot":
        return r"\cdot "
    if kind == "size":
        return token.replace("x", r" \times ")
    return name(token) if kind == "name" else token


def name(token: str) -> str:
    """x_hat, gamma_c, sum_{u, v}, OH, and words such as "mean of"."""
    base, _, below = token.partition("_")
    below = below.strip("{}()").replace("_", ", ")
    if base in ("sum", "prod", "max", "min") and below:
        under = rf"\text{{{below}}}" if re.search("[a-z]{2}", below) else below
        return rf"\{base}_{{{under}}} "
    if base in FUNCTIONS and not below:
        return rf"\{base} "
    if below == "hat":
        return rf"\hat{{{letters(base)}}} "
    if not below and base.islower() and not known(base):
        return rf"\text{{ {base} }}"
    return letters(base) + (f"_{{{letters(below)}}}" if below else "") + " "


def known(base: str) -> bool:
    """A letter, a Greek one, a gradient, a name of the sources; else it is a word."""
    base = base.rstrip("'")
    return base in GREEK or base in NAMES or len(base) == 1 or any(map(str.isdigit, base)) \
        or base.startswith("d") and (len(base) == 2 or base[1:] in {*GREEK, *NAMES})


def letters(text: str) -> str:
    """One letter leans, a name of several stands, b1 is b_1; d in front means a gradient."""
    prime = "'" * text.endswith("'")
    bare = text.removesuffix("'")
    if bare in GREEK:
        return rf"\{GREEK[bare]} {prime}"
    if re.fullmatch(r"[A-Za-z]\d+", bare):
        return f"{bare[0]}_{{{bare[1:]}}}{prime}"
    if bare.startswith("d") and (bare[1:] in GREEK or len(bare) == 2):
        return f"d{letters(bare[1:])}{prime}"
    short = len(bare) < 2 or not re.search("[A-Za-z]{2}", bare)
    return (bare if short else rf"\mathrm{{{bare}}}") + prime
