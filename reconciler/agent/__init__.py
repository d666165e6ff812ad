"""What an account should run -> a folder that holds exactly that (docs/delivery-protocol.md).

`server.py` asks and fetches, `folder.py` keeps files, `keeping.py` does one after the other.
Nothing that a server says is believed: `wanted.py` checks names, paths and sizes before anything is
written, `git_ids.py` that what came is what was committed.
"""
