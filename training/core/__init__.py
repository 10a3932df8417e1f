"""Turns a trained candidate into a signed, gated, promotable version; knows no model."""
