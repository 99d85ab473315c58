"""Expression: formulae as plain nested tuples, so that model text is parsed and never evaluated.

    expression := float | str | (operator, expression, ...)

A str is a name: a state, a parameter, a rule or `time` (days). Operators: `+ * max min and or`
(two or more arguments), `- / ^ lt le gt ge eq ne` (two), `neg exp ln log10 sqrt abs floor ceil
sin cos tan asin acos atan sinh cosh tanh not` (one), and `piecewise` (value, condition, value,
condition, ..., otherwise).
"""

from __future__ import annotations

Expression = float | str | tuple
