"""Simulated battles and the model that learns from them."""
