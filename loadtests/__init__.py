"""Load tests: who calls the battle service, how often, what must come back, and which marks count."""
