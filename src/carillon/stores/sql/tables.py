"""The tables of the truth. A change here needs a file in `migrations/versions`; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

DOMAIN_NAME = String(253)
EXTENSION = String(15)
DIAL_NUMBER = String(16)
TARGET = String(64)
LABEL = String(32)
COUNTRY = String(2)
DOUBLE = Float(53)
"""MariaDB's plain FLOAT has 24 bits: too few for seconds since 1970."""
NEW_USER_RIGHTS = "national mobile free"


def _table(name: str, *parts: SchemaItem) -> Table:
    """A table that compares text byte by byte on every engine: device names differ by case."""
    return Table(
        name,
        metadata,
        *parts,
        sqlite_autoincrement=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


domain = _table(
    "domain",
    Column("name", DOMAIN_NAME, primary_key=True),
    Column("digest", String(8), nullable=False),
    Column("session_timer_s", Integer, nullable=False),
    Column("most_calls", Integer),
    Column("callback_s", Integer, nullable=False, server_default="1800"),
    Column("callback_hint", Boolean, nullable=False, server_default="1"),
    Column("recording_days", Integer, nullable=False),
    Column("naptr", String(16), nullable=False, server_default="tls tcp udp"),
    Column("messages_from", Text, nullable=False, server_default=""),
)

recording_rule = _table(
    "recordingrule",
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), nullable=False),
    Column("whose", String(16), nullable=False),
    Column("name", LABEL, nullable=False),
    Column("calls", String(8), nullable=False),
    Column("required", Boolean, nullable=False),
    Column("on_demand", Boolean, nullable=False, server_default="0"),
    Column("pausable", Boolean, nullable=False, server_default="0"),
    Column("announce", String(48), nullable=False, server_default=""),
    Column("tone_every_s", Integer, nullable=False, server_default="0"),
)

priority_rule = _table(
    "priorityrule",
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("priority", DOUBLE, nullable=False),
    Column("agent", String(64), nullable=False),
    Column("transport", String(8), nullable=False),
    Column("device", String(64), nullable=False),
    Column("override", Boolean, nullable=False),
)

user = _table(
    "user",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("extension", EXTENSION, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("email", String(254)),
    Column("site", LABEL, nullable=False, server_default="main"),
    Column("rights", String(96), nullable=False, server_default=NEW_USER_RIGHTS),
    Column("caller_number", DIAL_NUMBER),
    Column("withhold", Boolean, nullable=False, server_default="0"),
    Column("call_waiting", Boolean, nullable=False, server_default="1"),
    Column("pickup", String(8), nullable=False, server_default="group"),
    Column("pickup_of", Text, nullable=False, server_default=""),
    Index("ix_user_pickup_of", "domain", "extension", sqlite_where=text("pickup_of != ''")),
    Column("rings", Boolean, nullable=False, server_default="1"),
    Column("most_calls", Integer),
    Index(None, "domain", "site"),
)

device = _table(
    "device",
    Column("domain", DOMAIN_NAME, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("extension", EXTENSION, nullable=False),
    Column("ha1_md5", String(32), nullable=False),
    Column("ha1_sha256", String(64), nullable=False),
    Column("encryption", Boolean, nullable=False, server_default="0"),
    Column("priority", DOUBLE),
    ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"]),
    Index(None, "domain", "extension"),
)

number = _table(
    "number",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("number", DIAL_NUMBER, primary_key=True),
    Column("target", TARGET, nullable=False),
    Index(None, "domain", "target"),
)

site = _table(
    "site",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("name", LABEL, primary_key=True),
    Column("country", COUNTRY, nullable=False),
    Column("outside_prefix", String(4), nullable=False),
    Column("emergency_caller", DIAL_NUMBER),
)

trunk = _table(
    "trunk",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("name", LABEL, primary_key=True),
    Column("host", String(253), nullable=False),
    Column("port", Integer, nullable=False),
    Column("transport", String(8), nullable=False),
    Column("country", COUNTRY, nullable=False),
    Column("register_as", String(64)),
    Column("realm", String(253)),
    Column("main_number", DIAL_NUMBER),
    Column("priority", Integer, nullable=False),
    Column("trusted", Boolean, nullable=False),
    Column("from_format", String(8), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("sealed_password", Text),
    Column("probe", Boolean, nullable=False, server_default="1"),
    Column("from_user", String(64)),
    Column("most_calls", Integer),
    Column("naptr", Boolean, nullable=False, server_default="0"),
)

outbound = _table(
    "outbound",
    Column("domain", DOMAIN_NAME, primary_key=True),
    Column("prefix", DIAL_NUMBER, primary_key=True),
    Column("trunk", LABEL, primary_key=True),
    Column("site", LABEL, primary_key=True),
    Column("position", Integer, nullable=False),
    ForeignKeyConstraint(["domain", "trunk"], ["trunk.domain", "trunk.name"]),
)
"""`site` is '' for everybody's: a primary key has no NULL."""

group = _table(
    "group",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("name", LABEL, primary_key=True),
    Column("ring", String(8), nullable=False, server_default="all"),
    Column("ring_s", Integer, nullable=False, server_default="20"),
    Column("overflow", TARGET),
    Column("pickup", Boolean, nullable=False, server_default="1"),
    Column("most_calls", Integer),
)

member = _table(
    "member",
    Column("domain", DOMAIN_NAME, primary_key=True),
    Column("group", LABEL, primary_key=True),
    Column("extension", EXTENSION, primary_key=True),
    Column("position", Integer, nullable=False),
    ForeignKeyConstraint(["domain", "group"], ["group.domain", "group.name"]),
    ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"]),
    Index(None, "domain", "extension"),
)

forwarding = _table(
    "forwarding",
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("domain", DOMAIN_NAME, nullable=False),
    Column("extension", EXTENSION, nullable=False),
    Column("position", Integer, nullable=False),
    Column("cause", String(16), nullable=False),
    Column("targets", Text, nullable=False),
    Column("presence", String(64), nullable=False),
    Column("origin", String(8)),
    Column("caller", LABEL),
    Column("schedule", String(36)),
    Column("after_s", Integer),
    Column("ring_s", Integer),
    ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"]),
    Index(None, "domain", "extension"),
)
"""`targets` and `presence` are separated by blanks."""

presence = _table(
    "presence",
    Column("domain", DOMAIN_NAME, primary_key=True),
    Column("extension", EXTENSION, primary_key=True),
    Column("source", LABEL, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", DOUBLE, nullable=False),
    Column("dnd", Boolean, nullable=False),
    Column("note", String(120)),
    Column("until", DOUBLE),
    ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"]),
)

calendar = _table(
    "calendar",
    Column("domain", DOMAIN_NAME, primary_key=True),
    Column("extension", EXTENSION, primary_key=True),
    Column("name", LABEL, primary_key=True),
    Column("shown", Text, nullable=False),
    Column("sealed_location", Text, nullable=False),
    Column("every_s", Integer, nullable=False),
    Column("meanings", Text, nullable=False),
    Column("notes", Boolean, nullable=False),
    ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"]),
)
"""`meanings` is a JSON list of pairs: a kind of event, and what it says."""

presence_rule = _table(
    "presencerule",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("extension", EXTENSION, primary_key=True),
    Column("busy_in_call", Boolean),
    Column("watchers", Text),
    Column("note", Boolean),
    Column("callers", Boolean),
)
"""What differs from what is usual; `extension` is '' for a whole domain."""

panel = _table(
    "panel",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("name", LABEL, primary_key=True),
    Column("members", Text, nullable=False),
)
"""`members` are separated by blanks."""

callback = _table(
    "callback",
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("domain", DOMAIN_NAME, nullable=False),
    Column("extension", EXTENSION, nullable=False),
    Column("target", EXTENSION, nullable=False),
    Column("asked_at", DOUBLE, nullable=False),
    Column("expires_at", DOUBLE, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("claimed_until", DOUBLE, nullable=False),
    ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"]),
    Index(None, "domain", "extension"),
)

schedule = _table(
    "schedule",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("name", LABEL, primary_key=True),
    Column("timezone", String(64), nullable=False),
    Column("hours", Text, nullable=False),
    Column("holidays", Text, nullable=False),
)
"""`hours` is a JSON list of day, begin and end; `holidays` are dates separated by blanks."""

caller_list = _table(
    "callerlist",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("name", LABEL, primary_key=True),
    Column("callers", Text, nullable=False),
)

book = _table(
    "book",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("owner", EXTENSION, primary_key=True),
    Column("name", LABEL, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("url", Text),
    Column("field", String(120)),
    Column("keep_s", Integer),
    Column("sealed_token", Text),
)
"""Address books. `owner` is '' for everybody's, else an extension; with `url`, an outside source is asked."""

entry = _table(
    "entry",
    Column("domain", DOMAIN_NAME, primary_key=True),
    Column("owner", EXTENSION, primary_key=True),
    Column("book", LABEL, primary_key=True),
    Column("number", DIAL_NUMBER, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("company", String(64), nullable=False),
    Column("note", String(120), nullable=False),
    ForeignKeyConstraint(["domain", "owner", "book"], ["book.domain", "book.owner", "book.name"]),
    Index(None, "domain", "number"),
)
"""A number in a book, and who has it. Somebody with several numbers has several rows."""

mobile = _table(
    "mobile",
    Column("domain", DOMAIN_NAME, primary_key=True),
    Column("number", DIAL_NUMBER, primary_key=True),
    Column("extension", EXTENSION, nullable=False),
    ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"]),
    Index(None, "domain", "extension"),
)

voicemail = _table(
    "voicemail",
    Column("domain", DOMAIN_NAME, primary_key=True),
    Column("extension", EXTENSION, primary_key=True),
    Column("pin_hash", String(200)),
    Column("ask_pin", Boolean, nullable=False),
    Column("mail", Boolean, nullable=False),
    Column("longest_s", Integer, nullable=False),
    Column("most", Integer, nullable=False),
    ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"]),
)

announcement = _table(
    "announcement",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("name", LABEL, primary_key=True),
    Column("seconds", DOUBLE, nullable=False),
    Column("times", Integer, nullable=False),
    Column("answer", Boolean, nullable=False),
    Column("code", Integer, nullable=False),
    Column("overflow", TARGET),
)

mailserver = _table(
    "mailserver",
    Column("id", Integer, primary_key=True),
    Column("host", String(253), nullable=False),
    Column("port", Integer, nullable=False),
    Column("sender", String(254), nullable=False),
    Column("user", String(254)),
    Column("security", String(8), nullable=False),
    Column("sealed_password", Text),
)

ring = _table(
    "ring",
    Column("domain", DOMAIN_NAME, ForeignKey("domain.name"), primary_key=True),
    Column("origin", String(16), primary_key=True),
    Column("text", String(32), nullable=False),
    Column("bellcore", Integer, nullable=False),
    Column("urn", String(120), nullable=False),
    Column("enabled", Boolean, nullable=False),
)

node = _table(
    "node",
    Column("name", String(32), primary_key=True),
    Column("default_domain", DOMAIN_NAME, ForeignKey("domain.name"), nullable=False),
    Column("address", String(45), nullable=False),
    Column("advertise", String(45)),
    Column("country", String(2), nullable=False),
    Column("sip_port", Integer, nullable=False),
    Column("tls_port", Integer, nullable=False),
    Column("rtp_start", Integer, nullable=False),
    Column("rtp_end", Integer, nullable=False),
    Column("address6", String(45)),
    Column("drained", Boolean, nullable=False, server_default="0"),
    Column("member", Boolean, nullable=False, server_default="0"),
    Column("role", String(12), nullable=False, server_default="main"),
    Column("asterisk", Boolean, nullable=False, server_default="1"),
    Column("site", LABEL),
)
"""`site` is where a satellite stands; a main has none."""

witness = _table(
    "witness",
    Column("name", String(32), primary_key=True),
    Column("address", String(45), nullable=False),
    Column("port", Integer, nullable=False),
)

lease = _table(
    "lease",
    Column("name", LABEL, primary_key=True),
    Column("holder", LABEL, nullable=False),
    Column("beat", Integer, nullable=False),
)
"""Who does what only one node may do; '' for nobody."""

nodestate = _table(
    "nodestate",
    Column("name", LABEL, primary_key=True),
    Column("version", LABEL, nullable=False),
    Column("since", DOUBLE, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("seen", DOUBLE, nullable=False),
)
"""How nodes are, each told by itself: not journalled, no part of what was set."""

node_share = _table(
    "nodeshare",
    Column("node", String(32), primary_key=True),
    Column("priority", Integer, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("listen", String(128), nullable=False),
    Column("port", Integer, nullable=False),
)
"""How nodes stand in the DNS; `listen` are addresses, separated by blanks."""

change = _table(
    "change",
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("who", String(64), nullable=False),
    Column("noun", String(16), nullable=False),
    Column("domain", DOMAIN_NAME, nullable=False),
    Column("key", String(64), nullable=False),
    Column("before", Text),
    Column("after", Text),
)

kept_change = _table(
    "keptchange",
    Column("id", String(40), primary_key=True),
    Column("satellite", LABEL, nullable=False),
    Column("made", DOUBLE, nullable=False),
    Column("handed", DOUBLE, nullable=False),
    Column("waited", Boolean, nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(160), nullable=False),
    Column("noun", String(16), nullable=False),
    Column("domain", DOMAIN_NAME, nullable=False),
    Column("key", String(64), nullable=False),
    Column("part", String(32), nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("why", Text, nullable=False),
    Column("before", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Index(None, "domain", "key"),
)
"""What satellites have handed over, each once: when it was made, and what became of it.

Its own changes are those behind `before`, up to `sequence`.
"""
