package dev.gatehouse.client.resolver;

import java.io.IOException;

/// Leaves the host's resolver alone, and only reads whom it asks.
final class Unmanaged implements HostResolver {
    private final ResolvConf file;

    Unmanaged(ResolvConf file) {
        this.file = file;
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public void set(DnsWish wish) {}

    @Override
    public Observation observe() throws IOException {
        var seen = file.observe();
        return new Observation(seen.servers(), true, seen.text());
    }

    @Override
    public void flushCaches() {}

    @Override
    public void revert() {}

    @Override
    public long observeEveryMs() {
        return file.observeEveryMs();
    }
}
