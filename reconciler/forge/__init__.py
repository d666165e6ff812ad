"""A page of Markdown -> one comment on a pull or merge request, edited in place.

A forge is a site that holds repositories and their requests: GitHub or GitLab. The token goes to
the address that was given and nowhere else, and is never printed.
"""
