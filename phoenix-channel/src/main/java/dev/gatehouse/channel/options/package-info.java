/// What an operator tells a process of its portal: options that processes share, each with its
/// variable, and how URL, token, certificates and durations are read and judged before anything
/// starts. Start reading at `PortalSettings`.
package dev.gatehouse.channel.options;
