"""The table of a profile: columns, formats, what holds a layer up."""

import csv
import io
import json
import re

import pytest

from minicnn.analysis.profile_table import (
    ARITHMETIC,
    MEANING,
    MEMORY,
    NUMBERS,
    PIECES,
    Line,
    Profile,
    at_best,
    figures,
    together,
)


def lines():
    """A convolution at 80 of 100 GFLOP/s, a ReLU at 30 of 40 GB/s, a slow Tanh, a small Linear."""
    return [
        Line("conv", "Conv2d", "8x4x4", 2.0, 4.0, 0.30, 1_000_000, 80.0, 80.0, 4.0, 4.0, 512, 2000),
        Line("relu", "ReLU", "8x4x4", 1.0, 3.0, 0.20, 0, 0.0, 0.0, 30.0, 30.0, 512, 512),
        Line("tanh", "Tanh", "8x4x4", 5.0, 1.0, 0.30, 0, 0.0, 0.0, 2.0, 8.0, 512, 512),
        Line("fc", "Linear", "10", 0.5, 0.5, 0.05, 1_280, 5.0, 12.0, 0.5, 0.5, 40, 0)]


def made(between=0.5, **settings):
    found = lines()
    totals = [together("all layers", found), Line("between the layers", backward=between,
                                                  share=between / 20),
              Line("loss", forward=1.0, backward=0.5, share=0.05),
              Line("update (SGD)", backward=1.0, share=0.05),
              Line("one training step", forward=9.5, backward=10.5, share=1.0)]
    return Profile("Net, batch 4", found, totals, {"Conv2d": 0.3, "Tanh": 0.3, "ReLU": 0.2},
                   **{"unwatched": 19.5, "peak": 100.0, "copy": 40.0,
                      "at_best": at_best(found, 20.0, 100.0, 40.0), **settings})


def rows(text):
    """The cells of the table's lines, by layer."""
    found = []
    for line in text.split("\n\n")[1].split("\n"):
        cells = re.split(r"\s{2,}", line.strip())
        if len(cells) == 1 and line[0] != "-":             # a long name goes on
            found[-1][0] += f" {cells[0]}"
        else:
            found.append(cells)
    return {cells[0]: cells for cells in found}


def test_text_by_hand():
    text = made().text()
    assert text.startswith("Net, batch 4\n\n")
    found = rows(text)
    assert found["conv"] == ["conv", "Conv2d", "8x4x4", "2.00", "4.00", "30.0%", "1,000,000", "80",
                             "80", "512 B", "2.0 KB"]
    assert found["relu"] == ["relu", "ReLU", "8x4x4", "1.00", "3.00", "20.0%", "512 B", "512 B"]
    assert found["fc"] == ["fc", "Linear", "10", "0.50", "0.50", "5.0%", "1,280", "5.0", "12",
                           "40 B"]
    assert found["all layers"] == ["all layers", "8.50", "8.50", "85.0%", "1,001,280", "1.6 KB",
                                   "3.0 KB"]
    assert found["update (SGD)"] == ["update (SGD)", "1.00", "5.0%"]
    assert found["one training step"] == ["one training step", "9.50", "10.50", "100.0%"]
    assert "At best this machine does 100 GFLOP/s (a matrix product) and moves 40 GB/s" in text
    assert "Without being watched the same took 19.50 ms (a difference of +2.6%)." in text
    assert ("1 MAC = 1 multiplication + 1 addition = 2 FLOP; MACs are for one image."
            in text.replace("\n", " "))
    assert "an array that two layers keep counts at the first" in text
    assert max(map(len, text.split("\n"))) <= 100


def test_columns_stand_below_their_headings():
    lines = made().text().split("\n\n")[1].split("\n")
    above, below, rule = lines[:3]
    assert re.split(r"\s{2,}", above.strip()) == ["ms"] * 2 + ["GFLOP/s"] * 2 + ["memory"] * 2
    assert below.split() == ["layer", "kind", "output", "forward", "backward", "share", "MACs",
                             "forward", "backward", "output", "kept"]
    ends = [place.end() for place in re.finditer("-+", rule)]
    assert below[:ends[3]].endswith("forward") and lines[3][:ends[3]].endswith(" 2.00")
    assert lines.count(rule) == 2


def test_a_forward_pass_has_no_columns_of_backward():
    table = made(unwatched=9.5)
    for line in (*table.lines, *table.totals):
        line.backward = line.backward_gflops = line.kept_bytes = 0
    text = table.text()
    assert rows(text)["conv"] == ["conv", "Conv2d", "8x4x4", "2.00", "30.0%", "1,000,000", "80",
                                  "512 B"]
    assert "kept" not in text.lower() and "Backward has two products" not in text


def test_fewer_multiplications_than_are_counted():
    """A 3 x 3 convolution by Winograd's way may pass the speed of a matrix product."""
    assert "Winograd" not in made().text()
    assert "fewer multiplications than are counted: Winograd's way" in " ".join(
        made(peak=79.0).text().split())


def test_markdown():
    text = made().markdown()
    assert text.startswith("**Net, batch 4**\n\n| layer | kind | output | ms forward | ms backward")
    assert "| relu | ReLU | 8x4x4 | 1.00 | 3.00 | 20.0% |  |  |  | 512 B | 512 B |" in text
    assert "\n- By kind: Conv2d 30%, Tanh 30%, ReLU 20%.\n- Layers with products take" in text


def test_csv_and_json():
    table = made()
    found = list(csv.DictReader(io.StringIO(table.csv())))
    assert [line["layer"] for line in found] == ["conv", "relu", "tanh", "fc", "all layers",
                                                 "between the layers", "loss", "update (SGD)",
                                                 "one training step"]
    assert float(found[0]["backward_gflops"]) == 80 and found[0]["kept_bytes"] == "2000"
    data = json.loads(table.json())
    assert data["peak"] == 100 and data["kinds"]["ReLU"] == 0.2 and data["unwatched"] == 19.5
    assert data["lines"][2]["forward"] == 5 and data["totals"][-1]["share"] == 1


def test_by_time():
    table = made()
    assert [line.layer for line in table.by_time().lines] == ["conv", "tanh", "relu", "fc"]
    assert [line.layer for line in table.lines] == ["conv", "relu", "tanh", "fc"]
    assert [line.layer for line in table.top(1).by_time().lines] == ["conv", "3 others"]


def test_top():
    table = made().top(2)
    assert [line.layer for line in table.lines] == ["conv", "tanh", "2 others"]
    others = table.lines[-1]
    assert (others.kind, others.forward, others.backward, others.macs) == ("", 1.5, 3.5, 1_280)
    assert (others.share, others.output_bytes, others.kept_bytes) == (pytest.approx(0.25), 552, 512)
    assert table.totals == made().totals and table.kinds == made().kinds
    assert made().top(4) == made().top(99) == made()


# --- why --------------------------------------------------------------------------------------

@pytest.mark.parametrize("layer, cause", [
    ("conv", ARITHMETIC), ("relu", MEMORY), ("tanh", NUMBERS), ("fc", PIECES)])
def test_what_holds_a_layer_up(layer, cause):
    line, = (line for line in lines() if line.layer == layer)
    assert made().held_up_by(line) == cause


@pytest.mark.parametrize("speed, cause", [(50.0, ARITHMETIC), (49.9, PIECES)])
def test_half_of_the_peak_counts_as_reached(speed, cause):
    assert made().held_up_by(Line("a", "Conv2d", forward=1, macs=1, forward_gflops=speed)) == cause


def test_both_directions_count_as_long_as_they_take():
    line = Line("a", "Conv2d", forward=1.0, backward=3.0, macs=1, forward_gflops=90,
                backward_gflops=40)
    assert line.mean(90, 40) == (90 + 3 * 40) / 4
    assert made().held_up_by(line) == ARITHMETIC
    assert Line("nothing").mean(0, 0) == 0


def test_reasons_by_hand():
    said = made().reasons()
    assert said[:6] == [
        "By kind: Conv2d 30%, Tanh 30%, ReLU 20%.", *said[1:3],
        "conv (Conv2d) takes 30% of the time at 80 of 100 GFLOP/s and 4.0 of 40 GB/s: held up by "
        "arithmetic.",
        "tanh (Tanh) takes 30% of the time at 3.0 of 40 GB/s: held up by work on each number.",
        "relu (ReLU) takes 20% of the time at 30 of 40 GB/s: held up by memory traffic."]
    assert [line.split(": ")[0] for line in said[6:]] == ["Arithmetic", "Work on each number",
                                                         "Memory traffic"]
    assert set(MEANING) == {ARITHMETIC, MEMORY, PIECES, NUMBERS}


def test_what_the_layers_would_take_at_best_by_hand():
    (products, best), (others, passed) = made().at_best
    assert (products, others) == (7 / 20, 10 / 20)         # conv and fc; relu and tanh
    assert best == pytest.approx((6 * 0.80 + 0.5 * 0.05 + 0.5 * 0.12) / 20)
    assert passed == pytest.approx((4 * 30 + 5 * 2 + 1 * 8) / 40 / 20)
    first, second = made().top(1).reasons()[1:3]           # of all layers, whatever is shown
    assert first.startswith("Layers with products take 35% of the time, and would take 24% if all ")
    assert second.startswith("The other layers take 50% of the time, and would take 17% if each ")


def test_each_cause_is_explained_once():
    table = made()
    for line in table.lines:
        line.kind, line.macs, line.forward_gflops, line.backward_gflops = "Conv2d", 5, 1.0, 1.0
        line.forward_gbytes = line.backward_gbytes = 1.0
    assert sum(line.startswith("Small products and copying") for line in table.reasons()) == 1
    assert len(table.reasons()) == 7


def test_much_time_between_the_layers():
    assert not any("Between" in line for line in made(1.9).reasons())
    assert made(2.0).reasons()[-1].startswith("Between the layers (10%): the engine and Python")


def test_what_is_among_the_longest_is_named():
    """relu, the third of the layers, takes 4 ms."""
    table = made()
    for part in table.totals[1:-1]:
        part.forward, part.backward = 0.0, 4.0
    assert len(table.reasons()) == 9
    for part in table.totals[1:-1]:
        part.backward = 4.1
    between, loss, update = table.reasons()[9:]
    assert between.startswith("Between the layers (2%): the engine and Python, some microseconds")
    assert "gradients that are copied, or added where paths meet" in between
    assert "weighs in small networks" in between and loss.startswith("Loss (5%): ")
    assert update.startswith("Update (SGD) (5%): it passes over each weight")


def test_little_speed_is_not_none():
    assert [figures(speed) for speed in (0.0, 0.04, 0.06, 9.94, 9.96, 1234.0)] == [
        "<0.1", "<0.1", "0.1", "9.9", "10", "1,234"]
    table = made()
    table.lines[2].forward_gbytes = table.lines[2].backward_gbytes = 0.01
    assert "tanh (Tanh) takes 30% of the time at <0.1 of 40 GB/s" in table.text()


# --- a busy machine ---------------------------------------------------------------------------

@pytest.mark.parametrize("settings, sign", [
    ({"others": 0.31}, "other programs took 0.3 of its cores"),
    ({"between": 2.2}, "the shares add up to 106%"),
    ({"unwatched": 30.0}, "steps with and without clocks differ by -33%"),
    ({"unwatched": 17.0}, "steps with and without clocks differ by +18%"),
])
def test_a_busy_machine(settings, sign):
    table = made(**settings)
    warning = table.warning()
    assert warning.startswith("WARNING: the machine was busy: do not trust these figures "
                              f"({sign}); try --threads 1, ")
    text = " ".join(table.text().split())
    assert text.startswith(warning) and table.markdown().startswith(f"**{warning}**\n\n**Net")
    assert table.reasons() == [] and "held up by" not in text + table.markdown()
    assert table.text().endswith("%).") and table.markdown().endswith("%).")
    assert ("try a larger batch" in warning) == ("+" in sign)
    assert max(map(len, table.text().split("\n"))) <= 100
    assert table.top(1).by_time().warning() == warning


def test_all_signs_of_a_busy_machine():
    signs = made(2.2, others=1.24, unwatched=30.0).warning().split("(")[1].split(")")[0]
    assert signs == ("other programs took 1.2 of its cores; the shares add up to 106%; steps with "
                     "and without clocks differ by -33%")


@pytest.mark.parametrize("settings", [{}, {"others": 0.3}, {"between": 1.9},
                                      {"unwatched": 17.5}, {"unwatched": 23.0}])
def test_a_quiet_machine(settings):
    table = made(**settings)
    assert table.warning() == "" and table.text().startswith("Net, batch 4\n")
    assert len(table.reasons()) >= 7


def test_others_are_no_layer_to_explain():
    assert len([line for line in made().top(1).reasons() if "takes" in line]) == 1


def test_a_notebook_shows_all_of_it():
    shown = made()._repr_html_()
    assert "<b>Net, batch 4</b>" in shown and shown.count("<tr>") == 1 + 4 + 5
    assert "<p>conv (Conv2d) takes 30% of the time" in shown
    assert made(others=1.0)._repr_html_().startswith("<p><b>WARNING: the machine was busy")
    assert repr(made()) == made().text()


def test_long_names_of_layers_stay_within_a_hundred_columns():
    table = made()
    for number, line in enumerate(table.lines):
        line.layer = f"features.inception_5b.branch{number}x3dbl_1.batch_norm_of_the_second"
    text = table.text()
    assert max(map(len, text.split("\n"))) <= 100
    assert "\nWithout room here: memory output, output, MACs.\n" in text
