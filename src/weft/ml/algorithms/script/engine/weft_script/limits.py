"""The limits of this worker that are no setting."""

CONFIG_BYTES_MAX = 4 * 1024 * 1024

# Archives (the same numbers as ml/worker/archive.h).
ARCHIVE_BYTES_MAX = 8 * 1024 * 1024 * 1024
ARCHIVE_ENTRIES_MAX = 10_000
ARCHIVE_RATIO_MAX = 1_000
ARCHIVE_RATIO_SLACK = 1024 * 1024
ARCHIVE_DEPTH_MAX = 32
# On the way to what a link leads to; Linux itself follows no more.
LINKS_MAX = 40
# A header of an archive that says it is longer is no header.
ARCHIVE_READ_MAX = 1024 * 1024

# What is kept of a program's output for its last words.
TAIL_BYTES = 64 * 1024
# What of them goes into a failure: weft shows 960 characters of it.
WORDS_MAX = 560
COMMAND_MAX = 240
# What a program's descendants may still write once it has ended.
OUTPUT_GRACE_S = 2.0
# Between a script's end after SIGTERM and SIGKILL to what it has started (the hub gives 120 s in all).
GROUP_STOP_S = 100.0
GROUP_LOOK_S = 0.05
# For what installs packages.
INSTALL_S = 1_800
# For programs that only tell something (`nvidia-smi`).
ASK_S = 5

# One message of the hub's or to it (the same number as ml/worker/serve.h).
FRAME_BYTES_MAX = 256 * 1024 * 1024
READ_BYTES = 256 * 1024
READ_AT_ONCE = 4 * 1024 * 1024
# A hub that does not read its answers is not read either.
UNSENT_BYTES_MAX = 64 * 1024 * 1024
# Requests that wait here; past it they wait in the socket.
WAITING_MAX = 1_024
WAITING_BYTES_MAX = 256 * 1024 * 1024
# An answer that comes in pieces goes on in pieces of at most so much.
PIECE_BYTES = 256 * 1024
# What is not sent when a program ends.
FLUSH_S = 2.0

# The user's own server (sagemaker.md 1.5).
PORT = 8080
PING_S = 2.0
STARTUP_S = 240.0
STOP_S = 30.0
CONNECTIONS = 16
CONNECTIONS_MAX = 256
# A connection that was not used for so long may be about to be closed by the server.
IDLE_S = 1.0
# A larger body goes on in pieces.
WHOLE_BODY_BYTES = 8 * 1024 * 1024
ERROR_BODY_BYTES = 64 * 1024
