"""What one process can do, measured on its own; no pass marks."""
