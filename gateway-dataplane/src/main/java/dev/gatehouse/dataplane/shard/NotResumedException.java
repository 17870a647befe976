package dev.gatehouse.dataplane.shard;

/// A command came before Resume.
public final class NotResumedException extends Exception {
    private static final long serialVersionUID = 1;

    public NotResumedException() {
        super("Resume has not been called");
    }
}
