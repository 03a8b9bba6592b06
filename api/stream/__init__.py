"""Live events of jobs: one reader a process, a bounded feed a subscriber, websockets and Server-Sent Events."""
