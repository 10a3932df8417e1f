"""What is left of what strangers wrote."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bentos.analyst.collect.titles import LONGEST_TITLE, clean_title


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("Bitcoin is  quiet\n today ", "Bitcoin is quiet today"),
        ("<b>Bold</b> &amp; brave", "Bold & brave"),
        ("&lt;script&gt;alert(1)&lt;/script&gt; News", "alert(1) News"),
        ("&amp;lt;b&amp;gt;Twice hidden", "Twice hidden"),
        ("<!-- a word --> News", "News"),
        ("2 < 3 and 5 > 4", "2 < 3 and 5 > 4"),
        ("Zero\u200bwidth \u202eright to left\u202c\x00\x1b[31m", "Zero width right to left [31m"),
        ("Élan, 比特币 and 👩\u200d🚀", "Élan, 比特币 and 👩\u200d🚀"),
        ("\ud800 half a character", "half a character"),
        ("<br/>", ""),
    ],
)
def test_a_title_becomes_plain_text_on_one_line(written: str, clean: str) -> None:
    assert clean_title(written) == clean


def test_a_long_title_is_cut() -> None:
    assert clean_title("word " * 1000).endswith("…")
    assert len(clean_title("word " * 1000)) <= LONGEST_TITLE
    assert clean_title("x" * LONGEST_TITLE) == "x" * LONGEST_TITLE


@given(st.text(max_size=400))
def test_whatever_was_written_is_short_and_visible(written: str) -> None:
    clean = clean_title(written)
    assert len(clean) <= LONGEST_TITLE
    assert not [
        one for one in clean if unicodedata.category(one).startswith("C") and one not in "\u200c\u200d"
    ]
    assert clean == " ".join(clean.split())
