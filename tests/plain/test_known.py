"""What rules may look at is known to the short path: somebody has thought of each fact, or it is as it is by default.

When you have added a field to one of these and this test fails: does your rule say something else about a plain message
because of it? Then a shape of `routing.plain`, or a condition in `stores.directory`, must leave such messages to the
rules, and `test_same` or `test_people` a case that shows it. Then name the field here.
"""

from __future__ import annotations

from dataclasses import fields

import pytest

from carillon.routing.facts import Facts, NodeProfile, ReplyFacts
from carillon.routing.request import Request
from carillon.stores.ports import Account

KNOWN: dict[type, str] = {
    Request: "method uri from_uri to_uri call_id source trunk from_tag to_tag from_name asserted withheld codecs"
    " encrypted anchor described media6 timing longest_timer_s sequence max_forwards credentials shortest_expiry_s"
    " default_expiry_s dialog_proof refer_to contacts user_agent path supported required source_address source_port"
    " transport private progress diversions event replaces body_bytes sibling home written spirals inward beyond_us"
    " fragment",
    Facts: "now node domains account callee caller callee6 registered bound routes trunks trunks_down targets schedules"
    " caller_lists rings dialog busy ringing slots nonce_used messages_sent relay fresh_id named flow elsewhere"
    " panel left_by joined_at beyond moving mains satellites referred_by consulted",
    ReplyFacts: "code reason handover far_end_code anchor described party withheld session_expires min_se"
    " longest_timer_s told private warnings recording to_sibling late",
    NodeProfile: "default_domain gateways hosts secrets codecs ring_s minimum_expiry_s most_contacts most_forwards"
    " retry_after_s gateways6 presence siblings cluster_port feed branch spiral",
    Account: "username domain ha1_md5 ha1_sha256 party encryption priority",
}


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.__name__)
def test_somebody_has_thought_of_it(kind: type) -> None:
    assert {field.name for field in fields(kind)} - set(KNOWN[kind].split()) == set()
