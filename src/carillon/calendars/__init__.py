"""The calendars daemon: looks at people's calendars, and keeps when they are busy, away or on vacation."""
