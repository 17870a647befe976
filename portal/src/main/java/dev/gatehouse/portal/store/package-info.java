/// What survives a restart: an embedded H2 database and the audit file.
package dev.gatehouse.portal.store;
