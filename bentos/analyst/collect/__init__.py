"""Prices and news, fetched from outside and stored: `python -m bentos.analyst.collect`."""
