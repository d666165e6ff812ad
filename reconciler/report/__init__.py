"""Values -> text for people and programs; nothing here reads a clock, a file or a store."""
