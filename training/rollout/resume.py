"""The end of a hold by a human's word: the champion is pinned whoever has set the present pin."""

from bentos.core.package import Pin
from training.rollout.cluster_target import ClusterTarget
from training.rollout.plan import require_whole


def resume(target: ClusterTarget, model: str, champion: Pin) -> list[str]:
    """Pin the champion on every Deployment of the model that pins something else; return their names.

    The reconciler takes note within seconds. Raises Unpinnable and ClusterError.
    """
    require_whole(model, champion)
    astray = [one for one in target.of_model(model) if one.mode == "auto" and one.pin != champion]
    for found in astray:
        cause = f"{model} version {champion.version} is champion, resumed by ekiben promote --resume"
        target.deployments.force_pin(found, champion, cause, unchanged=False)
    return [found.label for found in astray]
