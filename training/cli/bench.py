"""Opens a workbench whose pins and locks are where the settings say: in the home, or in a cluster."""

from typing import TYPE_CHECKING

from training.core.settings import TrainingSettings, read_settings

if TYPE_CHECKING:
    from training.core.pipeline import Pipeline
    from training.core.target import Target
    from training.core.workbench import Workbench


def open_bench(settings: TrainingSettings | None = None) -> "Workbench":
    """Connect to registry and target. Raises SettingsError or RegistryUnavailable."""
    from training.core.workbench import open_workbench

    settings = settings or read_settings()
    return open_workbench(settings, open_target(settings))


def open_target(settings: TrainingSettings) -> "Target":
    """Return where pins are in force. Raises SettingsError if it is a cluster that can't be reached."""
    if settings.pins == "file":
        from training.core.target import HomeTarget

        return HomeTarget(settings.home)
    from training.rollout.cluster_target import open_cluster_target

    return open_cluster_target(settings)


def open_for(model: str) -> "tuple[Workbench, Pipeline]":
    """Return the workbench and the model's pipeline. Raises UnknownModel before anything is connected to."""
    from training.core.pipeline import find_pipeline

    pipeline = find_pipeline(model)
    return open_bench(), pipeline
