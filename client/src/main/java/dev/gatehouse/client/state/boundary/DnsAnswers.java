package dev.gatehouse.client.state.boundary;

/// Hears how the queries of [ClientEvent.ForwardQuery] ended: each once, in one of these ways.
public interface DnsAnswers {
    /// The server answered.
    void handleDnsResponse(long ticket, DnsPayload answer, long nowNs);

    /// The server could not be asked.
    void handleDnsFailure(long ticket);

    /// The server did not answer in time.
    void handleDnsTimeout(long ticket);
}
