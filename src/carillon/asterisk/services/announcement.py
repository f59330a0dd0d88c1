"""Announcements: a prompt, answered or before the answer; then the call goes on, or ends."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.asterisk.targets import goes_on

PAUSE_S = 1


async def run(call: Call) -> None:
    """Play the announcement `argument`."""
    prompt = call.prompts.place(call.domain, call.argument)
    settings = call.directory.announcement(call.domain, call.argument)
    if settings is None:
        await call.refuses(404, "Not Found", f"There is no announcement {call.argument}")
        return
    if problem := call.prompts.problem(call.domain, call.argument):
        print(f"announcement {call.argument}: {prompt} {problem}; give it again by announcement set", flush=True)
        if settings.then:
            await goes_on(call, settings.then)
        else:
            await call.refuses(480, "Temporarily Unavailable", f"The sound of {call.argument} {problem}")
        return
    if settings.answer:
        await call.answer()
    else:
        await call.runs("Progress")
    for time in range(settings.times):
        if time:
            await call.runs("Wait", PAUSE_S)
        await call.session.says("STREAM FILE", prompt.with_suffix(""), "")
    if settings.then:
        await goes_on(call, settings.then)
    elif not settings.answer:
        await call.refuses(settings.code, "Announcement Played")
