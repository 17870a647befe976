package dev.gatehouse.transport.sys;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Off-heap memory for the arguments of system calls.
public final class NativeMemory {
    private NativeMemory() {}

    /// Zeroed memory in the byte order of the machine, as C structures want it.
    public static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /// A C string; keep the buffer reachable while the address is in use.
    public static ByteBuffer cString(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return allocate(bytes.length + 1).put(0, bytes);
    }

    /// Address of index 0 of a direct buffer.
    public static long address(ByteBuffer direct) {
        return MemorySegment.ofBuffer(direct.duplicate().clear()).address();
    }
}
