"""Names from other systems, by REST: asked in the background, so that no call waits for them.

- `answers` reads what a source said, `asking` asks it by HTTP, `cache` remembers, `states` is what is told of sources.
- `lookups` joins them; `daemon` is the process. Workers send it numbers, and find names in Kamailio's shared memory.
"""
