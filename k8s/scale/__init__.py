"""What one look of the rollout reconciler costs with many services, measured on a throw-away control plane
whose nodes and pods kwok only pretends."""
