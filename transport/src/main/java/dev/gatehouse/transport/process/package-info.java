/// What any process has or owes: the clock, log lines within limits, the rights it keeps, the
/// word to the service manager, a clean end, files nobody else may read. Knows only `sys`. Begin
/// at [Termination].
package dev.gatehouse.transport.process;
