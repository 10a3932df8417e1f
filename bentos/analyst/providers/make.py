"""From settings to a chain of providers. A provider's library is imported only if the provider is wanted."""

import re
from collections.abc import Callable, Mapping

from bentos.analyst.providers.base import Provider
from bentos.analyst.providers.chain import Chain
from bentos.analyst.providers.paying import Free, Payer
from bentos.analyst.providers.resilience import Guarded, Observer
from bentos.analyst.settings import AnalystSettings
from bentos.core.errors import SettingsError


def make_chain(settings: AnalystSettings, observer: Observer, payer: Payer | None = None) -> Chain:
    """Return the providers of `settings.providers`, in that order. To be used on one event loop. Without a
    payer nobody is asked before requests.

    Connects to nobody yet. Raises SettingsError for a name that is unknown or there twice, for an address
    that is none, and for a missing key.
    """
    names = [name.strip() for name in settings.providers.split(",") if name.strip()]
    if len(set(names)) < len(names):
        raise SettingsError(f"EKIBEN_ANALYST_PROVIDERS: {settings.providers!r} names a provider twice.")
    providers = [_make(name, settings) for name in names]
    return Chain([Guarded(provider, settings, observer, payer or Free()) for provider in providers])


def _make(name: str, settings: AnalystSettings) -> Provider:
    make = _MAKERS.get(name)
    if make is None:
        known = ", ".join(sorted(_MAKERS))
        raise SettingsError(f"EKIBEN_ANALYST_PROVIDERS: {name!r} is none of {known}.")
    return make(settings)


def _make_openai(settings: AnalystSettings) -> Provider:
    if not re.match(r"https?://[^/\s]+[^\s]*$", settings.openai_url):
        raise SettingsError(f"EKIBEN_ANALYST_OPENAI_URL: {settings.openai_url!r} is no http address.")
    from bentos.analyst.providers.openai_compatible import OpenAICompatible

    return OpenAICompatible(
        settings.openai_url,
        settings.openai_model,
        settings.openai_key,
        takes_grammar=settings.openai_grammar,
        timeout_seconds=settings.call_seconds,
    )


def _make_gemini(settings: AnalystSettings) -> Provider:
    if not settings.gemini_key.get_secret_value():
        raise SettingsError("EKIBEN_ANALYST_GEMINI_KEY: Gemini is not asked without a key.")
    from bentos.analyst.providers.gemini import Gemini

    return Gemini(settings.gemini_model, settings.gemini_key, timeout_seconds=settings.call_seconds)


_MAKERS: Mapping[str, Callable[[AnalystSettings], Provider]] = {
    "gemini": _make_gemini,
    "openai": _make_openai,
}
