"""Channels and their notifications -> JSON objects, tables and sentences; never a secret."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.desired.channels import shown_address
from reconciler.model.notices import Answer, Answered, Channel, Notification
from reconciler.report.escape import terminal
from reconciler.report.layout import Style
from reconciler.report.layout import table as laid_out
from reconciler.report.objects import Fields
from reconciler.report.times import iso, iso_or_none, moment

_CHANNELS = ("CHANNEL", "WHOSE", "KIND", "ADDRESS", "TOPICS")
_NOTIFICATIONS = ("NUMBER", "CHANNEL", "WHOSE", "TOPIC", "PACK", "STATE", "TRIES", "SINCE", "SAID")


def channel_fields(channel: Channel) -> Fields:
    """One channel; what may be a secret in its address is left out."""
    return {
        "number": channel.id,
        "account": channel.account,
        "kind": channel.kind.value,
        "address": shown_address(channel),
        "topics": None if channel.topics is None else [topic.value for topic in channel.topics],
        "created_at": iso(channel.created_at),
        "created_by": channel.created_by,
        "closed_at": iso_or_none(channel.closed_at),
    }


def notification_fields(one: Notification) -> Fields:
    """One notification; `id` is what its receiver knows it by."""
    return {
        "number": one.number,
        "id": one.message_id,
        "channel": one.channel,
        "account": one.account,
        "kind": one.kind.value,
        "event": one.event,
        "topic": one.topic.value,
        "pack": one.pack,
        "state": one.state.value,
        "attempts": one.attempts,
        "at": iso(one.at),
        "due_at": iso_or_none(one.due_at),
        "error": one.error,
    }


def answer_fields(answer: Answer) -> Fields:
    """How a test went."""
    return {"taken": answer.answered is Answered.TAKEN, "error": answer.error}


def channel_table(channels: Sequence[Channel], style: Style) -> str:
    """One line each, in the order given."""
    rows = [
        (
            str(one.id),
            terminal(_whose(one.account)),
            one.kind.value,
            terminal(shown_address(one)),
            "all" if one.topics is None else ", ".join(one.topics),
        )
        for one in channels
    ]
    return laid_out(_CHANNELS, rows, right={0}, style=style)


def notification_table(
    found: Sequence[Notification], now: datetime, zone: ZoneInfo, style: Style
) -> str:
    """One line each, in the order given."""
    rows = [
        (
            str(one.number),
            str(one.channel),
            terminal(_whose(one.account)),
            one.topic.value,
            terminal(one.pack or "–"),
            one.state.value,
            str(one.attempts),
            moment(one.at.replace(microsecond=0), zone, now),
            terminal(one.error or "–"),
        )
        for one in found
    ]
    return laid_out(_NOTIFICATIONS, rows, right={0, 1, 6}, style=style)


def sentence(channel: Channel) -> str:
    """ "channel 3: globex is told by webhook"."""
    return f"channel {channel.id}: {_whose(channel.account)} is told by {channel.kind.value}"


def _whose(account: str | None) -> str:
    return "the publisher" if account is None else account
