"""The nouns: frozen values, without input, output or a clock."""
