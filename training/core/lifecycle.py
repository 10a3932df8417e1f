"""One training, from inputs to a judged version: pure wiring of packaging, tracking, registry, gate and
promotion."""

import msgspec

from bentos.core.errors import ContractMismatch, PackageError
from bentos.core.manifest import sha256_digest
from bentos.core.package import CONTRACT_NAME
from training.core import gate
from training.core.errors import AlreadyChampion, PromotionRefused, VersionQuarantined
from training.core.packaging import sign_package
from training.core.pipeline import Candidate, Pipeline, Progress, TrainingInputs, require_growing
from training.core.promotion import promote
from training.core.registry import CHALLENGER, CHAMPION, ModelVersion, Tag
from training.core.retention import prune
from training.core.verdict import Verdict
from training.core.workbench import Workbench

_REASONS_LIMIT = 1000
"""Characters of the reasons shown on the version's page; the verdict has them all."""


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """What came of `ekiben train`. `new` is false if a version of these very inputs exists and was judged
    before."""

    version: ModelVersion
    new: bool
    promoted: bool = False
    removed: tuple[str, ...] = ()


def train(bench: Workbench, pipeline: Pipeline, progress: Progress, new_items: int = 0) -> Training:
    """Train, package, register and judge; promote if the policy is `auto`; then remove what is no longer
    needed. First `new_items` are added to the data, if the model's data grow.

    A version that was registered but never judged, because something died in between, is judged now.
    Raises RegistryBusy if the model is being trained already, and whatever the steps raise.
    """
    with bench.training(pipeline.name):
        if new_items:
            _gather(bench, pipeline, new_items, progress)
        inputs = pipeline.inputs()
        known = bench.registry.find_by_inputs(pipeline.name, inputs.digest())
        if known and (known.gate != "pending" or known.quarantined):
            return Training(version=known, new=False)
        version = known or _make(bench, pipeline, inputs, progress)
        passed = judge_version(bench, pipeline, version.version, progress).passed
        promoted = passed and bench.settings.promotion == "auto"
        if promoted:
            promote(bench, pipeline, version.version)
        removed = prune(bench, pipeline.name)
        version = bench.registry.version(pipeline.name, version.version)
    return Training(version=version, new=True, promoted=promoted, removed=tuple(removed))


def judge_version(bench: Workbench, pipeline: Pipeline, version: str, progress: Progress) -> Verdict:
    """Gate a version against today's champion and record the verdict; one that passes becomes challenger.

    Raises VersionNotFound, VersionQuarantined, AlreadyChampion, PackageError or RegistryUnavailable.
    """
    chosen = bench.registry.version(pipeline.name, version)
    if chosen.quarantined:
        raise VersionQuarantined(chosen.model, chosen.version)
    if CHAMPION in chosen.aliases:
        raise AlreadyChampion(chosen.model, chosen.version)
    champion = _champion(bench, pipeline)
    progress(
        f"judging version {version} against {f'champion {champion.version}' if champion else 'the limits'}"
    )
    verdict, frozen = gate.judge(pipeline, bench.load(chosen).files, champion)
    bench.tracking.record_verdict(chosen.run_id, verdict, frozen)
    _record(bench, chosen, verdict)
    return verdict


def settle_challenger(bench: Workbench, pipeline: Pipeline) -> str:
    """Promote the challenger, if there is one and the policy is `auto`; return what became of it, or nothing.

    One that may not be promoted goes on waiting, and the sentence says why. Raises RegistryUnavailable.
    """
    challenger = bench.registry.with_alias(pipeline.name, CHALLENGER)
    if challenger is None:
        return ""
    waits = f"version {challenger.version} waits for `ekiben promote {pipeline.name}`"
    if bench.settings.promotion != "auto":
        return waits
    try:
        promote(bench, pipeline, challenger.version)
    except (PromotionRefused, PackageError) as error:
        return f"{waits}: {error}"
    return f"version {challenger.version}, which had passed its gate before, is promoted"


def _gather(bench: Workbench, pipeline: Pipeline, items: int, progress: Progress) -> None:
    """Add to the data, unless an interrupted training has added what no version was trained with yet."""
    data = require_growing(pipeline)
    if data.has_gathered() and not bench.registry.knows_data(pipeline.name, pipeline.inputs().data_sha256):
        progress("taking up data that an interrupted training has added")
    else:
        data.gather(items, progress)


def _make(bench: Workbench, pipeline: Pipeline, inputs: TrainingInputs, progress: Progress) -> ModelVersion:
    """Train and register; the key and the code's state are read first, so that a bad key costs no
    training."""
    key, git = bench.key(), bench.git()
    candidate = pipeline.train(progress)
    _require_declared_contract(pipeline, candidate)
    progress("packaging and registering")
    package = sign_package(pipeline.name, candidate.files, inputs, str(git), key)
    uri = bench.packages.put(package)
    run = bench.tracking.record(pipeline.name, inputs, candidate, package, git)
    tags = {
        Tag.DIGEST: package.digest,
        Tag.URI: uri,
        Tag.GIT_COMMIT: str(git),
        Tag.DATA: inputs.data_sha256,
        Tag.INPUTS: inputs.digest(),
    }
    description = f"Trained from code {str(git)[:12]} and data {inputs.data_sha256[:19]}, seed {inputs.seed}."
    return bench.registry.register(pipeline.name, run.model_uri, run.run_id, tags, description)


def _require_declared_contract(pipeline: Pipeline, candidate: Candidate) -> None:
    found = sha256_digest(candidate.files.get(CONTRACT_NAME, b""))
    if found != pipeline.contract.digest():
        raise ContractMismatch(pipeline.name, pipeline.contract.digest(), found)


def _champion(bench: Workbench, pipeline: Pipeline) -> gate.Champion | None:
    champion = bench.registry.with_alias(pipeline.name, CHAMPION)
    if champion is None:
        return None
    files = bench.load(champion).files
    if sha256_digest(files.get(CONTRACT_NAME, b"")) == pipeline.contract.digest():
        return gate.Champion(champion.version, files)
    return gate.Champion(champion.version, None, bench.tracking.recorded_scores(champion.run_id))


def _record(bench: Workbench, judged: ModelVersion, verdict: Verdict) -> None:
    """Write the verdict on the version, then let the alias follow from it."""
    with bench.moving_aliases(judged.model):
        tags = {
            Tag.VERDICT: verdict.encode().decode(),
            Tag.REASONS: verdict.reasons()[:_REASONS_LIMIT],
            Tag.GATE: "passed" if verdict.passed else "refused",
        }
        bench.registry.tag(judged.model, judged.version, tags)
        if verdict.passed:
            bench.registry.set_alias(judged.model, CHALLENGER, judged.version)
        elif CHALLENGER in judged.aliases:
            bench.registry.drop_alias(judged.model, CHALLENGER)
