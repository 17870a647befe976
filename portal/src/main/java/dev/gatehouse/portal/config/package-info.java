/// Reads the portal's YAML file into a directory, with the place of every mistake.
package dev.gatehouse.portal.config;
