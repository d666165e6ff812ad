"""A git history, commit by commit -> whether each plan is exactly that commit's difference."""
