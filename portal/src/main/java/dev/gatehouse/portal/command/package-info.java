/// The helpers beside the running portal: `init`, `token`, `check`, `backup`, with the options
/// and the endings that all commands share. Starts no portal. Begin at `PortalInitCommand`;
/// texts of errors are in `CommandReport`.
package dev.gatehouse.portal.command;
