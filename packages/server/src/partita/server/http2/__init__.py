"""HTTP/2 (RFC 9113): frames, heads, streams, and the connection that holds them; HPACK is the library's."""
