"""Whether a text tells somebody what to do, or tells the future."""

import re

from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.results import Finding
from bentos.analyst.wording import Language

ADVICE: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:buy\w*|bought|sell\w*|sold|hold|holding|holders?|hodl|invest\w*|recommend\w*|advis\w+|advice"
        r"|should|must|ought|need\w*|consider(?:s|ed|ing)?|opportunit\w+|good (?:time|moment|entry)|time to"
        r"|profit\w*|portfolio|traders?|long|short|leverag\w*|accumulat\w+|entry|exit|bets?|gambl\w+"
        r"|guarant\w+|safe|act|wait|avoid\w*|you|your|yours|we|our|us(?! dollars?\b|\$)|i|let's"
        r"|purchas\w+|acquir\w+|bargain|cheap|overvalued|undervalued|caution|careful|prudent|wise)\b"
    ),
    "fr": re.compile(
        r"\b(?:achet\w+|achats?|vend\w*|ventes?|conserv\w+|détenir|détenez|gard(?:er|ez)|invest\w+|recommand\w+"
        r"|conseil\w*|devr\w+|doit|doivent|devez|faut|faudra\w*|opportunit\w+|occasion|bon moment|moment de"
        r"|placements?|placer|portefeuilles?|profit\w*|pari\w*|garanti\w*|vous|votre|vos|tu|ton|tes|nous|notre|je"
        r"|attend\w*|évit\w+|acqu\w+|sous-évalué\w*|surévalué\w*|pruden\w+|sage|abordable|bon marché)\b"
    ),
}
FORECAST: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:will|won't|would|could|can|may|might|expect\w*|likely|probabl\w+|forecast\w*|predict\w*|soon"
        r"|tomorrow|next|future|upcoming|target\w*|outlook|going to|set to|poised|about to|if|continu\w+"
        r"|potential|suggest\w*|signal\w*|indicat\w+|promis\w+)\b"
    ),
    "fr": re.compile(
        r"\b(?:(?:va|vont) \w+|ira|iront|pourr\w+|peut|peuvent|sera|seront|aura|auront|serait|aurait|prévu\w*"
        r"|prévision\w*|bientôt|demain|prochain\w*|avenir|futur\w*|objectif|cible|perspective\w*|probabl\w+|si"
        r"|continu\w+|potentiel\w*|suggèr\w+|signal\w*|indiqu\w+|promet\w*|susceptible\w*|devrait)\b"
    ),
}


def find_advice(draft: Draft) -> Finding:
    """Return advice or a forecast in the text: it tells what was, and nothing else."""
    advice = ADVICE[draft.language].search(draft.clean)
    if advice:
        return Finding(wrong=f"'{advice.group()}' reads as advice")
    forecast = FORECAST[draft.language].search(draft.clean)
    return Finding(wrong=f"'{forecast.group()}' reads as a forecast" if forecast else "")
