package dev.gatehouse.dataplane;

/// A command came before Resume.
final class NotResumedException extends Exception {
    private static final long serialVersionUID = 1;

    NotResumedException() {
        super("Resume has not been called");
    }
}
