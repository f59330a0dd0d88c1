"""Copies of voice messages, greetings and announcements: each main has all, a satellite its own."""
