"""Kinds of figures, each from plain arrays; the only place that knows matplotlib."""
