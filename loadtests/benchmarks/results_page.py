"""`loadtests/RESULTS.md`: a section a benchmark, each replaced as a whole by the next run of it."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "RESULTS.md"
SERVERS, BUDGET, OVERLOAD, SOAK, ANALYST, ANALYST_OVERLOAD = (
    "Against other servers",
    "Where the time of an answer goes",
    "Overload",
    "Soak",
    "The analyst",
    "Overload of the analyst",
)
ORDER = (SERVERS, BUDGET, OVERLOAD, SOAK, ANALYST, ANALYST_OVERLOAD)
INTRODUCTION = """# Measured

Written by `make bench`, `make overload`, `make soak` and, with `--results`, by the budget and the analyst's
benchmark; [README](README.md#benchmarks) says what is measured and how. Numbers from different machines or
days can't be compared: each section names its own.
"""


def replace_section(title: str, body: str, page: Path = PAGE) -> None:
    """Write a section, in the place of the one with this title if there is one. Raises ValueError for a
    title that is not among those of the page."""
    sections = read_sections(page.read_text() if page.exists() else "")
    sections[title] = body.strip()
    unknown = sorted(set(sections) - set(ORDER))
    if unknown:
        raise ValueError(f"The page has no section {unknown[0]!r}.")
    written = [f"## {name}\n\n{sections[name]}\n" for name in ORDER if name in sections]
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join([INTRODUCTION, *written]))


def read_sections(text: str) -> dict[str, str]:
    """Return the bodies of the sections by title."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {title.strip(): body.strip() for title, body in zip(parts[1::2], parts[2::2], strict=True)}
