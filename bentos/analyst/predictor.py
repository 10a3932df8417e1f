"""A loaded prompt set, which is the analyst's model, and what answers with it once the service is open."""

from bentos.analyst.analyst import Analyst
from bentos.analyst.contract import load_contract
from bentos.analyst.prompts import PromptSet
from bentos.analyst.selftest import SELFTEST_NAME, run_self_test
from bentos.core.errors import NotReady
from bentos.core.package import ModelPackage, require_contract


class AnalystPredictor:
    """The prompts of a package. It is ready without a database and without any language model."""

    def __init__(self, prompts: PromptSet, self_test: bytes) -> None:
        self.prompts = prompts
        self._self_test = self_test
        self._analyst: Analyst | None = None

    @property
    def analyst(self) -> Analyst:
        """What answers. Raises NotReady before the service was opened and after it was closed."""
        if self._analyst is None:
            raise NotReady("The analyst is starting or stopping.")
        return self._analyst

    def answer_with(self, analyst: Analyst | None) -> None:
        """Say what answers from now on."""
        self._analyst = analyst

    def self_test(self) -> None:
        """Raise SelfTestFailed unless stored facts still give the stored questions, and the checks say the
        same about stored texts."""
        run_self_test(self._self_test, self.prompts)


def load_predictor(package: ModelPackage, threads: int) -> AnalystPredictor:
    """Return the predictor of a verified package that was made for this code's contract. Nothing in it needs
    threads of its own.

    Raises ContractMismatch if it was made for another one; ValueError or KeyError naming a file that is not
    as it should be.
    """
    require_contract(package, load_contract())
    return AnalystPredictor(PromptSet(package.files), package.files[SELFTEST_NAME])
