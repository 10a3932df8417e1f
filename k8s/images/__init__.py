"""Container images: what goes into each, how they are built, listed and pushed."""
