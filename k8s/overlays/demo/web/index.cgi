#!/bin/sh
# Answers those who come through a gateway, by their address. So the demo proves what it claims also
# where nobody enforces NetworkPolicies.
peer=${REMOTE_ADDR#\[}
peer=${peer%\]}
peer=${peer#::ffff:}
if nslookup "$GATEWAYS" | grep -qxF "Address: $peer"; then
    printf 'Content-Type: text/plain\r\n\r\nYou came through the gate.\n'
else
    printf 'Status: 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n%s is no gateway.\n' "$peer"
fi
