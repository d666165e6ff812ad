"""Current against desired -> the ordered changes between them; pure."""
