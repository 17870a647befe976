package dev.gatehouse.controlplane;

import dev.gatehouse.controlplane.flow.CommandResult;
import dev.gatehouse.rpc.Event;

/// Who is told what happens on a [DataplaneLink]; called on its one event loop thread.
interface DataplaneListener {
    void onDataplaneUp(long epoch, boolean resumed);

    void onResumed();

    void onDataplaneEvent(Event event);

    void onCommandDone(CommandResult result);

    void onDataplaneDown(String reason);
}
