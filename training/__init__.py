"""What makes models, and the operator's command line."""
