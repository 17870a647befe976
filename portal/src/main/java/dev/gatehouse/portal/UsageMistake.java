package dev.gatehouse.portal;

/// A mistake of whoever started the command: what, where, how to mend it, in one line.
final class UsageMistake extends Exception {
    private static final long serialVersionUID = 1;

    UsageMistake(String message) {
        super(message);
    }
}
