"""Floor 4: words to calls. Rooms are imported inside the commands, so that help comes at once."""
