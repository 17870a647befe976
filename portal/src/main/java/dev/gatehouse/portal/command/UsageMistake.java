package dev.gatehouse.portal.command;

/// A mistake of whoever started the command: what, where, how to mend it, in one line.
public final class UsageMistake extends Exception {
    private static final long serialVersionUID = 1;

    public UsageMistake(String message) {
        super(message);
    }
}
