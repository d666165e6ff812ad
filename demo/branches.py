"""Cities and their time zones -> manifests of the shops of one chain, an account each."""

import json
from typing import Any

CHAIN = "northwind"

# A city of each zone, so that every shop reads times of its own.
_ZONES = """
Africa/Cairo Africa/Johannesburg Africa/Nairobi America/Bogota America/Chicago America/Denver
America/Halifax America/Lima America/Los_Angeles America/Montevideo America/New_York
America/Phoenix America/Santiago America/Toronto America/Vancouver Asia/Dubai Asia/Jakarta
Asia/Kolkata Asia/Manila Asia/Seoul Asia/Singapore Asia/Tokyo Australia/Brisbane
Australia/Melbourne Australia/Perth Australia/Sydney Europe/Athens Europe/Berlin Europe/Brussels
Europe/Bucharest Europe/Budapest Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Lisbon
Europe/London Europe/Madrid Europe/Oslo Europe/Paris Europe/Prague Europe/Rome Europe/Stockholm
Europe/Vienna Europe/Vilnius Europe/Warsaw Europe/Zurich Pacific/Auckland Pacific/Honolulu
""".split()
# These have not said where their outside warehouses are.
_WITHOUT_REGION = {"lima", "manila", "vilnius"}


def cities() -> list[str]:
    """In order of zone: "cairo", "los-angeles", …"""
    return [_city(zone) for zone in _ZONES]


def accounts() -> str:
    """A ManagedAccountList of all shops."""
    return _list(
        "ManagedAccountList",
        [
            {
                "metadata": {"name": f"{CHAIN}-{_city(zone)}", "labels": {"chain": CHAIN}},
                "spec": {
                    "displayName": f"Northwind {zone.split('/')[1].replace('_', ' ')}",
                    "timeZone": zone,
                    "environments": [{"name": "production", "classification": "production"}],
                },
            }
            for zone in _ZONES
        ],
    )


def attachments(*, regions: bool) -> str:
    """An AttachmentList: each shop runs stock-levels; `regions`: with what 2.1.0 asks for."""
    return _list("AttachmentList", [{"spec": _stock(city, regions)} for city in cities()])


def group() -> str:
    """The AccountGroup that entitles the shops to stock-levels."""
    document = {
        "apiVersion": "reconciler/v1",
        "kind": "AccountGroup",
        "metadata": {"name": CHAIN},
        "spec": {
            "selector": {"matchLabels": {"chain": CHAIN}},
            "packs": [{"pack": "stock-levels", "install": "manual"}],
        },
    }
    return json.dumps(document, indent=2)


def _stock(city: str, regions: bool) -> dict[str, Any]:
    extensions: dict[str, Any] = {
        "stock-erp": {
            "baseUrl": f"https://erp.{CHAIN}.example/{city}",
            "user": "larkfield",
            "password": {"secretRef": f"vault/{CHAIN}/{city}"},
        },
        "alert-rules": {"recipient": f"{city}@{CHAIN}.example"},
    }
    if regions and city not in _WITHOUT_REGION:
        extensions["warehouse-api"] = {"region": city}
    return {
        "account": f"{CHAIN}-{city}",
        "pack": "stock-levels",
        "instance": "shop",
        "environments": ["production"],
        "extensions": extensions,
    }


def _list(kind: str, items: list[Any]) -> str:
    document = {"apiVersion": "reconciler/v1", "kind": kind, "items": items}
    return json.dumps(document, indent=2)


def _city(zone: str) -> str:
    return zone.split("/")[1].replace("_", "-").lower()
