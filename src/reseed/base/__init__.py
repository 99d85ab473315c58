"""Floor 0: errors, units, time and random keys. Imports only `nouns`."""
