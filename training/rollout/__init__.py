"""What the registry intends, made real in a cluster: the rollout reconciler, and all that it knows of
Kubernetes."""
