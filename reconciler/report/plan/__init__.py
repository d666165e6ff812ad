"""The outcome of a plan or a pass -> text, JSON or the Markdown of a pull request comment."""
