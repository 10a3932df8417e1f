"""The names that charts, operators and the reconciler share."""

MODEL_LABEL = "ekiben.io/model"
"""On a Deployment: which model it serves."""
MODE_LABEL = "ekiben.io/rollout"
"""On a Deployment: `auto` follows the champion, `git` is pinned by values, `off` serves its image's model."""

URI = "ekiben.io/model-uri"
VERSION = "ekiben.io/model-version"
"""An annotation and a label of the pod template; as label of a Deployment: what its template pins now."""
DIGEST = "ekiben.io/model-digest"

HOLD_LABEL = "ekiben.io/hold"
"""On a Deployment: `true` while someone else's pin is left alone. A label, because `kubectl rollout undo`
brings a Deployment's old annotations back, but not its labels."""
FOLLOWED_LABEL = "ekiben.io/followed-pin"
"""On a Deployment: fingerprint of the pin that last agreed with the registry."""
CHAMPION = "ekiben.io/champion-version"
"""On a Deployment: the version that the registry wants there."""
CHANGE_CAUSE = "kubernetes.io/change-cause"
"""What `kubectl rollout history` shows of a revision."""

TRAININGS = "app.kubernetes.io/part-of=ekiben,app.kubernetes.io/component=training"
"""Selects the CronJobs and Jobs whose success is watched."""

PIN_MANAGER = "ekiben-rollout"
"""Owns the pin on the pod template. Someone else's ownership of it is a hold."""
STATUS_MANAGER = "ekiben-rollout-status"
"""Owns what the reconciler says about a Deployment; a manager of its own, because an apply that leaves a
field out gives it up, and the pin must never be given up by the way."""

RECONCILER_LEASE = "ekiben-reconciler"
