import msgspec

from bentos.battle.contract import load_contract
from bentos.battle.features import FEATURES
from tests.support.tiny_battle import tiny_candidate, tiny_sets
from training.battle.reference_profile import Reference


def test_candidate_has_all_package_files() -> None:
    assert set(tiny_candidate().files) == {
        "model.ubj",
        "model.onnx",
        "contract.json",
        "reference.json",
        "metrics.json",
        "selftest.json",
    }
    assert tiny_candidate().files["contract.json"] == load_contract().encode()


def test_candidate_reports_per_set_and_share_of_the_ceiling() -> None:
    metrics = tiny_candidate().metrics
    assert {"test_accuracy", "unseen_log_loss", "ceiling_accuracy", "share_of_ceiling", "trees"} <= set(
        metrics
    )
    assert metrics["test_roc_auc"] > 0.9


def test_candidate_has_plots_and_examples() -> None:
    candidate = tiny_candidate()
    assert all(image.startswith(b"\x89PNG") for image in candidate.figures.values())
    assert set(candidate.figures) == {"confusion.png", "calibration.png", "importance.png"}
    assert list(candidate.input_example.columns) == list(FEATURES)
    assert candidate.output_example["probability"].between(0, 1).all()


def test_reference_profile_describes_the_training_set() -> None:
    reference = msgspec.json.decode(tiny_candidate().files["reference.json"], type=Reference)
    assert reference.rows == len(tiny_sets()["train"].rows)
    assert set(reference.features) == set(FEATURES)
    assert all(abs(sum(one.shares) - 1) < 1e-9 for one in reference.features.values())
    assert set(reference.moves) == {"1", "2", "3", "4"}
