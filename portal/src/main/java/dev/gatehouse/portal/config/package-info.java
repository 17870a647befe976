/// Reads the portal's YAML file into a directory, with the place of every mistake, and again
/// when it changed. May use `directory`, `policy` and `token` alone. Begin at
/// `DirectoryReader`.
package dev.gatehouse.portal.config;
