"""How the tables of the services came to be: one history, forward only, applied by `bentos.core.migrate`."""
