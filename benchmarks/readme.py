"""Copy the committed results into the README: ``python -m benchmarks.readme``.

A test checks that the README says what the results say, so no figure in it is typed by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.report import load_result, table
from benchmarks.training import against_original
from benchmarks.views import SCREEN_MS, WAYS

README = Path(__file__).parent.parent / "README.md"
START, END = "<!-- results -->\n", "<!-- /results -->"


def main() -> None:
    """Replace what stands between the two marks."""
    README.write_text(updated(README.read_text()))


def updated(text: str) -> str:
    """Return the README with today's results in it."""
    before, rest = text.split(START)
    _, after = rest.split(END)
    return before + START + results() + views_results() + widgets_results() + END + after


def results() -> str:
    """Say what the last run of ``make bench`` measured."""
    result = load_result("training")
    if result is None:
        return "Not measured yet.\n\n"
    machine, step = result["machine"], result["step"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    rows = [
        {
            "embedding": row["recipe"].replace("offline", "4,000 digits"),
            "training images seen": f"{row['images']:,}",
            "seconds": row["seconds"],
            "precision@7": row["precision@7"],
            "kNN accuracy": row["kNN accuracy"],
        }
        for row in result["quality"]
    ]
    return f"""\
{table(rows)}

One run of each, one seed. Seconds are those of the whole training on {machine["cores"]} cores: from
building the tower to the last step, compilation and recording included. The convolutions ran in
{" and ".join(sorted({row["dtype"] for row in result["quality"]}))} (`sl.fastest_dtype()`).
*Training images seen* counts an image anew each time it comes into a batch. *Precision@7* is the
share of right digits among the 7 nearest of the first 10,000 training images, for each of the
10,000 test images; *kNN accuracy*, the share of test images whose 7 nearest elect the right digit;
in the last two rows 4,000 digits are trained on and searched, for 1,000 others.

* A training step in float32 turns out {_range(step["share"])} % of the arithmetic that plain matrix
  products reach on the same machine ({_range(step["rate"])} images a second; {step["rounds"]}
  rounds in turn).
* {_recording(result["recording"])}
* {_against(against_original(result))}

Measured on {machine["date"]}, {machine["processor"]}, Python {machine["python"]}, {versions}.
`make bench` measures it again, but for the steps of the 2017 recipe, which are a recording
(`python -m benchmarks.original`); `python -m benchmarks.readme` brings the figures here.

{retrieval(load_result("retrieval"))}"""


def retrieval(result: dict[str, Any] | None) -> str:
    """Say what the last run of ``python -m benchmarks retrieval`` measured, if there was one."""
    if result is None:
        return ""
    queries = f"{result['queries']:,} queries, ms"
    exact = [
        {
            "search": row["search"],
            "one query, ms": _range(row["single ms"]),
            queries: _range(row["all ms"]),
        }
        for row in result["exact"]
    ]
    approximate = [
        {
            "search": row["search"],
            f"recall@{result['k']}": row["recall"],
            "one query, ms": _range(row["single ms"]),
            queries: _range(row["all ms"]),
            "built in s": row["built in s"],
        }
        for row in result["approximate"]
    ]
    return f"""\
The {result["k"]} nearest of {result["vectors"]:,} vectors of {result["dim"]} numbers:

{table(exact)}

The {result["k"]} nearest of {result["large vectors"]:,} in clusters:

{table(approximate)}

Medians, least and most of {result["rounds"]} rounds, in which the searches took turns
(`python -m benchmarks retrieval`), measured on {result["machine"]["date"]},
{result["machine"]["processor"]}, {result["machine"]["cores"]} cores.

"""


def views_results() -> str:
    """Say what the last run of ``python -m benchmarks views`` measured."""
    result = load_result("views")
    return "" if result is None else views_block(result)


def views_block(result: dict[str, Any]) -> str:
    """Write the figures of the views as Markdown."""
    machine, pick, start, sent = (result[part] for part in ("machine", "pick", "start", "bytes"))
    rows = [
        {
            "points that move": WAYS[row["way"]],
            "how many": f"{row['points']:,}",
            "frames a second": _range(row),
            "times scattergl": row["times scattergl"],
            "times scattergl, bare": row["times bare"],
            "processor ms a frame": row["processor ms"],
        }
        for row in result["frames a second"]
    ]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return f"""\
### A film beside other libraries

{table(rows)}

The same film in a place of the same size, in headless Chromium without a graphics card, in turns:
frames that reached the screen, with the browser's limit of 60 a second lifted, medians of
{result["rounds"]} rounds (least to most). *Bare* is without axes, legend and finer canvas.
Plotly and jupyter-scatter draw with WebGL, which the processor then acts out; the view sees that,
and stamps its points into a canvas instead. How they compare on a graphics card was not measured.

* The point under the pointer is found among {pick["points"]:,} in {_range(pick["ms"])} ms while the
  film plays; a screen's frame takes {SCREEN_MS:.1f} ms.
* In JupyterLab, {start["points"]:,} points in {start["frames"]} frames move
  {_range(start["view s"])} s after their cell is run; those of a plotly figure with frames
  {_range(start["plotly s"])} s.
* They are {sent["view"] / 1e6:.2f} MB, and {sent["plotly"] / 1e6:.2f} MB as plotly's figure.

Measured on {machine["date"]}, {machine["processor"]}, {machine["cores"]} cores, {versions}.
`python -m benchmarks views` measures it again.

"""


def widgets_results() -> str:
    """Say what the last runs of ``python -m benchmarks live explorer`` measured."""
    lines = []
    if live := load_result("live"):
        lines.append(live_line(live))
    if explorer := load_result("explorer"):
        lines.append(explorer_line(explorer))
    again = "\n`python -m benchmarks live explorer` measures these again.\n\n"
    return "### Widgets\n\n" + "\n".join(lines) + "\n" + again if lines else ""


def live_line(result: dict[str, Any]) -> str:
    """Write what the live view costs as a point of a Markdown list."""
    return (
        f"* A training of {result['steps']} steps that is watched live takes "
        f"{_range(result['longer by %'])} % longer\n  ({len(result['rounds'])} in turn, "
        f"{result['images']:,} images; two that are not watched differ by "
        f"{_range(result['noise %'])} %)."
    )


def explorer_line(result: dict[str, Any]) -> str:
    """Write how fast the explorer answers as a point of a Markdown list."""
    return (
        f"* In the explorer, the neighbours of a chosen image among all "
        f"{result['training images']:,} are on the page\n  after {_range(result['neighbours ms'])} "
        f"ms ({result['choices']} choices at random), of which Python takes "
        f"{_range(result['kernel ms'])} ms;\n  lit on the map after {_range(result['map ms'])} ms."
    )


def _range(spread: dict[str, float]) -> str:
    return f"{spread['median']:,g} ({spread['least']:,g} to {spread['most']:,g})"


def _recording(measured: dict[str, Any]) -> str:
    """Say what recording costs, or that it is less than two equal trainings differ by."""
    cost, noise = measured["cost in %"], measured["the same fit twice, difference in %"]
    much = f"{_range(cost)} % of the training time"
    frames = f"{measured['frames']} frames in {measured['steps']} steps"
    if noise["least"] <= cost["median"] <= noise["most"]:
        return (
            f"What recording costs, with {frames}, is within the noise:\n  {much}, where the same "
            f"training without it, twice in turn,\n  differs by {_range(noise)} %."
        )
    return (
        f"Recording costs {much}, with\n  {frames}. (The same training without it, twice in turn, "
        f"differs by\n  {_range(noise)} %.)"
    )


def _against(original: dict[str, Any]) -> str:
    ours = f"The first recipe is past 0.938 when it ends, at {original['our seconds to 0.938']} s"
    step = f"{original['seconds a step']['median']} s a step"
    if original["steps to 0.938"] == "not reached":
        return (
            f"{ours}.\n  The recipe of 2017, written afresh ({step} here, in float32), was at\n  "
            f"{original['best precision@7']} after {original['steps recorded']:,} steps: more than "
            f"{original['times as long']} times as long."
        )
    needed = f"{original['steps to 0.938']:,} steps"
    return (
        f"{ours}.\n  The recipe of 2017, written afresh, takes {needed}\n"
        f"  ({step} here, in float32): {original['times as long']} times as long."
    )


if __name__ == "__main__":
    main()
