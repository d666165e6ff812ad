"""The impact of a release -> text, JSON or Markdown."""
