"""`python -m carillon.asterisk.daemon SETTINGS`: answers the calls that Asterisk hands over."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import sys
from contextlib import suppress
from pathlib import Path

from carillon.asterisk.agi.server import Server
from carillon.asterisk.agi.session import Session
from carillon.asterisk.call import Call, Means, Recordings
from carillon.asterisk.dial import Taken
from carillon.asterisk.guesses import Guesses
from carillon.asterisk.keys import Keys
from carillon.asterisk.mailbox import SHORTEST_S
from carillon.asterisk.office import Office, open_office
from carillon.asterisk.postman import Postman
from carillon.asterisk.settings import Settings
from carillon.asterisk.targets import service
from carillon.stores.callcounts import RedisCallCounts
from carillon.stores.directory import DirectoryReader
from carillon.stores.handover import RedisHandOvers
from carillon.stores.mailboxes import Mail, Mailboxes, MailState, Message
from carillon.stores.noderedis import NodeRedis
from carillon.stores.ports import StoreDown
from carillon.stores.prompts import Prompts
from carillon.stores.secretring import SecretsReader
from carillon.supervision.launch import die_with
from carillon.system.paths import SERVICE_USER, SystemPaths


async def serve(name: str, session: Session, means: Means) -> None:
    """One call, by the script that has this name."""
    script = service(name)
    if script is None:
        print(f"no service is named {name!r}", file=sys.stderr, flush=True)
        return
    call = Call(session, means, name)
    with suppress(Taken):
        await script.run(call)
    await call.done()


async def listen(settings: Settings, means: Means) -> None:
    """Serve until told to stop."""
    server = Server(settings.key, lambda name, session: serve(name, session, means))
    for draft in means.mailboxes.drafts():
        await recovers(draft, means)
    async with await server.listen(settings.address, settings.port) as listening, asyncio.TaskGroup() as tasks:
        tasks.create_task(means.postman.works())
        tasks.create_task(Keys(settings.keys, means.office).works())
        tasks.create_task(listening.serve_forever())


async def recovers(draft: Message, means: Means) -> None:
    """A message that was being recorded when the services died: it counts, as far as it goes."""
    message = means.mailboxes.deliver(draft, _mail(draft, means), SHORTEST_S)
    if message is not None:
        print(f"voicemail: a message of {message.seconds:.0f} s was found after a crash", flush=True)
        means.postman.takes(message)


def _mail(draft: Message, means: Means) -> Mail:
    try:
        to = means.directory.mailbox(draft.domain, draft.extension).email
    except StoreDown:
        return Mail()
    return Mail(MailState.WAITING, to) if to else Mail()


def become_service_user() -> None:
    """Give up root's rights for good."""
    person = pwd.getpwnam(SERVICE_USER)
    os.setgroups([])
    os.setresgid(person.pw_gid, person.pw_gid, person.pw_gid)
    supervisor = os.getppid()
    os.setresuid(person.pw_uid, person.pw_uid, person.pw_uid)
    die_with(supervisor)  # the kernel forgets that with root's rights


def main(arguments: list[str]) -> None:
    """Run until a signal ends it."""
    settings = Settings.read(Path(arguments[0]))
    office = open_office(settings.system)
    secrets = SecretsReader(SystemPaths.of(settings.system).run_secrets)
    become_service_user()
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
    memory: dict[str, str] = {}
    node = NodeRedis(
        settings.redis, lambda table, key: memory.get(key), lambda table, key, text: memory.update({key: text})
    )
    asyncio.run(listen(settings, means_of(settings, Office(office), node, secrets)))


def means_of(settings: Settings, office: Office, node: NodeRedis, secrets: SecretsReader) -> Means:
    """What the scripts share."""
    mailboxes = Mailboxes(settings.voicemail)
    postman = Postman(mailboxes, office, settings.mail)
    prompts = Prompts(settings.prompts)
    directory, guesses = DirectoryReader(settings.directory), Guesses(settings.guesses)
    shared = RedisHandOvers(node), directory, mailboxes, postman, guesses, prompts, RedisCallCounts(node)
    recordings = Recordings(settings.relay, settings.spool)
    return Means(office, *shared, recordings, secrets)


if __name__ == "__main__":
    main(sys.argv[1:])
