/// What survives a restart: an embedded H2 database and the audit file. Knows `state`, and
/// neither the hub nor listeners. Begin at `StoreWriter`, which has a thread of its own; audit
/// lines are in `AuditLine` and `AuditFile`.
package dev.gatehouse.portal.store;
