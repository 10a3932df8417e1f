"""What is served: the only code in a serving image."""
