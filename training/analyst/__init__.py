"""Prompts for the analyst, and how well language models follow them."""
