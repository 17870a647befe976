/// What the file says, as values: account, sites, actors, groups, tokens, resources and policies.
/// Pure, and uses no other room. Begin at `Directory`.
package dev.gatehouse.portal.directory;
