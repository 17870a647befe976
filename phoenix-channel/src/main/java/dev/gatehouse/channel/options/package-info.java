/// What an operator tells a process of its portal: URL, certificates, waiting times; read and
/// judged before anything starts. Start reading at `PortalSettings`.
package dev.gatehouse.channel.options;
