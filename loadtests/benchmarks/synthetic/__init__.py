"""A model of no meaning but of a known size, the same for every server: 20 numbers, 300 trees of depth 6."""
