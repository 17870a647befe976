/// The relay process: command line, sockets, portal channel, health and metrics. Start reading at
/// `RelayCommand`, then `RelayProcess`.
package dev.gatehouse.relay;
