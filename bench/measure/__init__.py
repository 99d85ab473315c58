"""What `bench.engine` measures: one idea, one file; each answers with numbers for its JSON."""
