"""The calls that are up: Asterisk is the truth about them, and the calls daemon listens to it.

- `ami` speaks to Asterisk's manager interface; `listing` asks it once, for `carillon call`.
- `channels` reads what Asterisk says of one channel, `livecall` is what people call a call, `book` keeps all of them:
  events in, `CallEvent`s out. Pure.
- `daemon` is the process. Whoever wants to know of calls there is a `Listener`: see `events`.
"""
