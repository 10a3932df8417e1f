"""`ekiben`, the operator's command line."""
