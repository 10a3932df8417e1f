"""Relative links in Markdown files lead to files, and to headings, that are there."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
INLINE = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*)?\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.+?)[ #]*$", re.MULTILINE)


def _markdown_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def links_in(text: str) -> list[str]:
    """Return the targets of all links and images, in the order of their kinds; code holds none."""
    prose = CODE.sub("", FENCED.sub("", text))
    return INLINE.findall(prose) + REFERENCE.findall(prose)


def anchors_in(text: str) -> set[str]:
    """Return the fragment of every heading, made as GitHub does (https://github.com/gjtorikian/html-pipeline):
    lower case, no punctuation, hyphens for spaces."""
    titles = HEADING.findall(FENCED.sub("", text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def explain_broken(source: Path, link: str) -> str:
    """Return why a link in `source` leads nowhere, or nothing; addresses on the network are not judged."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    target = (source.parent / unquote(parts.path)).resolve() if parts.path else source
    if not target.is_relative_to(ROOT if source.is_relative_to(ROOT) else source.parent):
        return "leaves the repository"
    if not target.exists():
        return "is not there"
    if parts.fragment and target.suffix == ".md" and parts.fragment not in anchors_in(target.read_text()):
        return "has no such heading"
    return ""


FILES = _markdown_files()


def test_documents_link_to_each_other() -> None:
    linked = [link for name in FILES for link in links_in((ROOT / name).read_text())]
    assert "docs/architecture.md" in linked
    assert len(linked) > 8


@pytest.mark.parametrize("name", FILES)
def test_every_relative_link_leads_somewhere(name: str) -> None:
    source = ROOT / name
    reasons = {link: explain_broken(source, link) for link in links_in(source.read_text())}
    assert {link: reason for link, reason in reasons.items() if reason} == {}


def test_links_are_found_wherever_they_can_be_and_not_in_code() -> None:
    text = """
[a](one.md) ![b](<two.png>) [c](three.md 'title')
[d]: four.md
`[e](five.md)`
```
[f](six.md)
```
"""
    assert links_in(text) == ["one.md", "two.png", "three.md", "four.md"]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("there.md", ""),
        ("there.md#a-heading-of-two-lines", ""),
        ("#here-too", ""),
        ("https://example.org/absent", ""),
        ("mailto:someone@example.org", ""),
        ("absent.md", "is not there"),
        ("there.md#absent", "has no such heading"),
        ("#absent", "has no such heading"),
        ("../outside.md", "leaves the repository"),
    ],
)
def test_broken_links_are_recognised(tmp_path: Path, link: str, reason: str) -> None:
    (tmp_path / "there.md").write_text("# A heading, of two lines!\n")
    source = tmp_path / "source.md"
    source.write_text("## Here too\n")
    assert explain_broken(source, link) == reason
