"""Registrations in the engine's hands: stored, journalled, told to siblings; copies of theirs; connections let go."""

from __future__ import annotations

import time

from carillon.kamailio import ksr
from carillon.kamailio.nameasker import NameAsker
from carillon.routing.decision import Save
from carillon.sip.private import KEPT_FLAGS, LEADS_TO, LET_GO, OURS
from carillon.stores import removals
from carillon.stores.registrationjournal import Binding, RegistrationJournal


def save(asked: Save, journal: RegistrationJournal, changed: NameAsker | None = None) -> None:
    """Stored, journalled, answered: in this order, so that no phone relies on what a crash would take away.

    `changed` tells siblings, on a node that has any.
    """
    if asked.longest_s and asked.changes:
        ksr.shorten_register(asked.longest_s)
    before = ksr.bindings(asked.aor) if asked.removes and changed else ()
    if not ksr.save_bindings(asked.aor, encrypted=asked.encrypted, dialect=asked.dialect, priority=asked.priority):
        ksr.log("warn", f"registrar: bindings of {asked.aor} not stored")
        ksr.refuse_register()
        return
    if asked.changes:
        _journal(asked.aor, journal)
    ksr.accept_register()
    if asked.changes and changed:
        _tell_siblings(asked.aor, before, changed)


def _tell_siblings(aor: str, before: tuple[Binding, ...], changed: NameAsker) -> None:
    """Whose contacts have changed; and which were taken away that may have their home elsewhere."""
    extension, _, domain = aor.partition("@")
    changed.ask(domain, extension)
    if before:
        left = {one.contact for one in ksr.bindings(aor) if one.expires > ksr.EXPIRED}
        for one in before:
            if one.received and one.expires > ksr.EXPIRED and one.contact not in left:
                told = removals.words(one, aor, ksr.text("$ci"), ksr.number("$cs"), time.time())
                changed.say(f"{domain} {extension} {told}")


def _journal(aor: str, journal: RegistrationJournal) -> None:
    moment = journal.moment()
    try:
        journal.write(moment, aor, ksr.bindings(aor))
    except OSError as error:
        ksr.log("err", f"registrar: {aor} is not in the journal, a crash may lose it: {error}")


def save_copy(aor: str) -> None:
    flags, ours, _ = ksr.header(KEPT_FLAGS).partition(OURS)
    if ksr.save_copy(aor, int(flags or 0), ksr.header(LEADS_TO), ours=bool(ours)):
        ksr.accept_register()
    else:
        ksr.refuse_register()


def let_go() -> None:
    connection = ksr.header(LET_GO)
    if connection.isdigit() and ksr.close_connection(int(connection)):
        ksr.reply(200, "OK")
    else:
        ksr.reply(404, "No Such Connection")
