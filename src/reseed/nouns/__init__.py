"""Floor 0: one frozen data class per file, arrays and ids without behaviour."""
