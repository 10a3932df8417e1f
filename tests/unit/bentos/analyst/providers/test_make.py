import asyncio
import subprocess
import sys

import pytest
from pydantic import SecretStr

from bentos.analyst.providers.make import make_chain
from bentos.analyst.settings import AnalystSettings
from bentos.core.errors import SettingsError
from tests.support.scripted_provider import Notes

KEY = SecretStr("sk-a-key-of-a-test")


def _models(**settings: object) -> dict[str, str]:
    chain = make_chain(AnalystSettings.model_validate(settings), Notes())
    models = chain.models
    asyncio.run(chain.close())
    return models


def test_the_embedded_model_is_asked_unless_said_otherwise() -> None:
    assert _models() == {"openai": "smollm2-135m"}


def test_order_is_that_of_the_settings() -> None:
    assert list(_models(providers=" gemini, openai", gemini_key=KEY)) == ["gemini", "openai"]
    assert list(_models(providers="openai,gemini", gemini_key=KEY)) == ["openai", "gemini"]


def test_nobody_may_be_asked() -> None:
    assert _models(providers="") == {}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"providers": "openai,mystery"}, "EKIBEN_ANALYST_PROVIDERS: 'mystery' is none of gemini, openai."),
        ({"providers": "openai,openai"}, "EKIBEN_ANALYST_PROVIDERS: 'openai,openai' names a provider twice."),
        ({"providers": "gemini"}, "EKIBEN_ANALYST_GEMINI_KEY: Gemini is not asked without a key."),
        ({"openai_url": "localhost:3200"}, "EKIBEN_ANALYST_OPENAI_URL: 'localhost:3200' is no http address."),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _models(**settings)
    assert str(caught.value) == sentence


def test_each_provider_is_told_to_be_closed_at_the_beginning() -> None:
    notes = Notes()
    chain = make_chain(AnalystSettings(providers="openai,gemini", gemini_key=KEY), notes)
    assert notes.breakers == [("openai", False), ("gemini", False)]
    asyncio.run(chain.close())


@pytest.mark.parametrize(
    ("providers", "imported"), [("", []), ("openai", ["openai"]), ("gemini", ["google.genai"])]
)
def test_a_library_is_imported_only_if_it_is_wanted(providers: str, imported: list[str]) -> None:
    script = (
        "import sys\n"
        "from bentos.analyst.providers.make import make_chain\n"
        "from bentos.analyst.settings import AnalystSettings\n"
        "from tests.support.scripted_provider import Notes\n"
        f"make_chain(AnalystSettings(providers={providers!r}, gemini_key='k'), Notes())\n"
        "print([name for name in ('google.genai', 'openai') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(imported)
