"""A real single-node Kubernetes from ordinary packages, for machines that reach no image registry."""
