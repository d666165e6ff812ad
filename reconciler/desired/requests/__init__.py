"""What an account asks for itself and what the store knows -> the decision, or a refusal.

Each request gets the part of the install base that Store.request hands to `decide`. Who has to know
that the row is still the one that the asker saw compares it there first, and raises Conflict.
"""

from reconciler.desired.requests.adopting import adopt, withdraw_slot
from reconciler.desired.requests.configuring import configure
from reconciler.desired.requests.copying import copy_template
from reconciler.desired.requests.installing import install, uninstall

__all__ = ["adopt", "configure", "copy_template", "install", "uninstall", "withdraw_slot"]
