"""The settings that bound what one client, and all clients together, may take of the server."""

from pydantic import BaseModel, Field


class ServerLimits(BaseModel):
    """Limits on connections, requests and answers. The description of each field is its row in the manual's table."""

    connections_max: int = Field(
        2000, ge=10, le=100_000, description="Connections open at one time. When all are busy, new ones are answered 503; idle ones are closed first."
    )
    connections_per_address: int = Field(
        100,
        ge=1,
        le=100_000,
        description="Most connections from one address (one /64 network with IPv6); more are answered 429. Trusted proxies and this machine don't count.",
    )
    threads: int = Field(40, ge=1, le=500, description="Requests that one process handles at the same time. More wait their turn.")
    requests_per_connection: int = Field(10_000, ge=1, description="Requests answered on one connection before it is closed.")
    pipelined_max: int = Field(
        16, ge=1, le=1000, description="Requests that a client can send on one connection before it reads the answers; more are answered 429."
    )
    keep_alive_s: int = Field(15, ge=1, le=3600, description="Seconds a connection may be idle between requests.")
    request_line_max_kb: int = Field(24, ge=1, le=1000, description="Longest request line (method and address), in KB; a longer one is answered 414.")
    header_max_kb: int = Field(48, ge=1, le=1000, description="Largest request line and headers together, in KB; larger ones are answered 431.")
    headers_max: int = Field(100, ge=10, le=10_000, description="Headers of one request; more are answered 431.")
    header_timeout_s: float = Field(10, gt=0, le=600, description="Seconds a request's headers may take to arrive before the answer is 408.")
    body_max_mb: int = Field(30, ge=1, le=10_000, description="Largest body of a request with all its files, in MB; a larger one is answered 413.")
    body_overhead_max_kb: int = Field(
        1000, ge=1, le=100_000, description="Bytes that chunk sizes, chunk extensions and trailers may add to a body, in KB; more are answered 413."
    )
    body_timeout_s: float = Field(
        30, gt=0, le=3600, description="Seconds that a body may arrive slower than `transfer_min_bytes_per_s` before it is answered 408."
    )
    bodies_max_mb: int = Field(
        500,
        ge=1,
        le=1_000_000,
        description="Total size of the bodies being received at the same time, in MB; more are answered 503. Keep it above `body_max_mb`.",
    )
    bodies_per_address_mb: int = Field(
        100,
        ge=1,
        le=1_000_000,
        description="The same for one address, in MB; more are answered 429. Trusted proxies and this machine are not counted.",
    )
    body_pace_s: float = Field(5, gt=0, le=600, description="Seconds over which the speed of a body is measured when room for bodies is short.")
    body_refusal_wait_s: float = Field(
        1, gt=0, le=60, description="Seconds to wait for the text of a form whose files don't fit, so that the answer can return the text."
    )
    transfer_busy_bytes_per_s: int = Field(
        20_000, ge=1, le=100_000_000, description="When room for bodies is short, bodies slower than this are cut off, in bytes per second."
    )
    send_timeout_s: float = Field(
        30, gt=0, le=3600, description="Seconds that a client may take to read an answer, plus one for each `transfer_min_bytes_per_s`."
    )
    transfer_min_bytes_per_s: int = Field(1000, ge=1, le=10_000_000, description="Slowest transfer allowed after the first seconds, in bytes per second.")
    close_timeout_s: float = Field(
        10, gt=0, le=60, description="Seconds that a client may keep sending a request that was already answered, for example with 413."
    )
    database_connect_timeout_s: int = Field(5, ge=2, le=60, description="Seconds PostgreSQL may take to accept a connection.")
    database_timeout_s: float = Field(
        15, gt=0, le=3600, description="Seconds one statement may take on PostgreSQL, except when old data is cleaned up or the schema is changed."
    )
    database_wait_s: float = Field(10, gt=0, le=600, description="Seconds to wait for a database lock or a free connection before the answer is 503.")
    database_check_after_s: float = Field(
        30, ge=0, le=3600, description="Seconds after which an unused connection to PostgreSQL is checked before it is used again."
    )
    health_wait_s: float = Field(
        0.5,
        gt=0,
        le=60,
        description="Seconds `/healthz` waits for database and disk before it gives its last known state; on PostgreSQL, `database_silence_s` more.",
    )
    database_silence_s: float = Field(
        1.5,
        gt=0,
        le=60,
        description="Seconds of silence before PostgreSQL is checked, and again before pages that need it are answered 503.",
    )
