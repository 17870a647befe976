/// What the portal remembers, as values (devices, authorizations, blocks, audit events), and
/// what the hub asks its shell to send, store and write (`HubAction`). Hub, store and listeners
/// share it. Pure; uses `directory` and `token` alone.
package dev.gatehouse.portal.state;
