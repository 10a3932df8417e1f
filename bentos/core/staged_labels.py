"""The labels of a bento: which model is in it."""

from collections.abc import Iterator, Mapping

import msgspec
from bentoml.exceptions import BentoMLException

from bentos.core.errors import EkibenError
from bentos.core.model import NO_MODEL_NAME, staged_folder
from bentos.core.package import PIN_NAME, Pin
from bentos.core.routing import ServiceDefinition


class StagedLabels(Mapping[str, str]):
    """Read from the staged pin when BentoML asks for them, which it does when it builds.

    Raises BentoMLException, which BentoML's command line shows as one sentence, if nothing is staged: a bento
    without a model would be an image that can't start by itself. One that is meant to have none says so in
    its folder.
    """

    def __init__(self, definition: ServiceDefinition) -> None:
        self._definition = definition

    def __getitem__(self, name: str) -> str:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, str]:
        name = self._definition.name
        folder = staged_folder(self._definition)
        if (folder / NO_MODEL_NAME).exists():
            return {"model": name}
        try:
            content = (folder / PIN_NAME).read_bytes()
            pin = msgspec.json.decode(content, type=Pin)
        except (OSError, msgspec.DecodeError, EkibenError) as error:
            raise BentoMLException(
                f"no verified model of {name} is staged; run `ekiben build {name}`, "
                "which stages the champion and builds its bento."
            ) from error
        return {"model": name, "model_version": pin.version, "model_digest": pin.digest}
