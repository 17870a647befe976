/// Where audit lines and lines of the log are written, many alike as one; `store` has their
/// file. May use `channel` and `session`. Begin at `AuditTrail`.
package dev.gatehouse.portal.hub.audit;
