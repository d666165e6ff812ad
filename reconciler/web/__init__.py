"""The install base over HTTP: an API for accounts and programs, and pages for people.

A request takes one way: `app.py` finds its route, `pipeline.py` asks who it is, whether they may,
and whether what they sent has the right form; then the route's own function answers with a value.
"""
