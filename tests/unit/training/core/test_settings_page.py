from pathlib import Path

from training.core.settings_page import GROUPS, render

PAGE = Path(__file__).parents[4] / "docs" / "settings.md"


def test_page_in_the_docs_is_up_to_date() -> None:
    assert PAGE.read_text() == render(), "run: python -m training.core.settings_page > docs/settings.md"


def test_every_setting_says_what_it_means() -> None:
    rows = {line.split("`")[1]: line for line in render().splitlines() if line.startswith("| `")}
    for _, group in GROUPS:
        for name in group.model_fields:
            variable = f"{group.model_config['env_prefix']}{name.upper()}"
            assert len(rows[variable].split("|")[3].strip()) > 20, variable
